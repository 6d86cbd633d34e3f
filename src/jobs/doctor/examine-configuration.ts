import { type Config, parseConfig } from '../../config/config.js';
import type { Configuration } from '../../config/read-configuration.js';
import { Failure } from '../../core/failure.js';
import { type CheckResult, ok, toCheckResult } from './check-result.js';

/** A configuration as far as it is right. */
export interface ExaminedConfiguration {
  config: Config;
  /** Whether the address of the database was understood. */
  hasDatabase: boolean;
  finding: CheckResult;
}

/**
 * Judges the configuration. What was refused counts for nothing: the rest can still be looked at.
 *
 * @param throwIfAny throws what was found wrong when it was read
 */
export function examineConfiguration(
  configuration: Configuration,
  cwd: string,
  throwIfAny: () => void,
): ExaminedConfiguration {
  const { settings, environment, file } = configuration;
  const check = 'configuration';
  try {
    throwIfAny();
    const config = parseConfig(configuration, cwd);
    return { config, hasDatabase: true, finding: ok(check, describeSources(configuration)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const finding = toCheckResult(check, error, `correct it${file ? ` in "${file}"` : ''}; see chartctl config`);
    const { DATABASE_URL: url = '' } = environment;
    const isUsable = url === '' || (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol));
    const usable = { ...environment, DATABASE_URL: isUsable ? url : '' };
    return { config: parseConfig({ settings, environment: usable }, cwd), hasDatabase: isUsable, finding };
  }
}

/** Which of the places where settings may stand say something. */
function describeSources({ settings, file }: Configuration): string {
  const kinds = new Set(Object.values(settings).map(({ origin }) => origin.kind));
  const sources = [
    ...(file === undefined ? [] : [`"${file}"`]),
    ...(kinds.has('environment') ? ['the environment'] : []),
    ...(kinds.has('.env') ? ['.env'] : []),
  ];
  return sources.length > 0 ? `understood; from ${sources.join(', ')} and defaults` : 'understood; defaults only';
}
