import { resolve } from 'node:path';
import { type Config, getDataFolder, parseConfig } from '../../config/config.js';
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
  const folder = getDataFolder(environment);
  const check = 'configuration';
  try {
    throwIfAny();
    const config = withPath(parseConfig(settings, environment, folder), cwd);
    return { config, hasDatabase: true, finding: ok(check, describeSources(configuration)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const finding = toCheckResult(check, error, `correct it${file ? ` in "${file}"` : ''}; see chartctl config`);
    const { DATABASE_URL: url = '' } = environment;
    const isUsable = url === '' || (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol));
    const usable = { ...environment, DATABASE_URL: isUsable ? url : '' };
    return { config: withPath(parseConfig(settings, usable, folder), cwd), hasDatabase: isUsable, finding };
  }
}

function withPath(config: Config, cwd: string): Config {
  if (config.database.kind !== 'embedded') return config;
  return { ...config, database: { kind: 'embedded', dataDir: resolve(cwd, config.database.dataDir) } };
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
