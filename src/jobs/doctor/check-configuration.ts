import { type Config, NO_HOME, parseConfig } from '../../config/config.js';
import type { Configuration } from '../../config/read-configuration.js';
import { parseDatabaseUrl } from '../../core/database-url.js';
import { Failure } from '../../core/failure.js';
import { type CheckResult, ok, toCheckResult } from './check-result.js';

/** A configuration without its invalid settings. */
interface CheckedConfiguration {
  config: Config;
  /** Whether the address of the database is valid. */
  hasDatabase: boolean;
  result: CheckResult;
}

/**
 * Checks the configuration. Invalid settings are ignored, so that the other checks can use the valid ones.
 *
 * @param throwIfAny throws the problems that were found while the configuration was read
 */
export function checkConfiguration(
  configuration: Configuration,
  cwd: string,
  throwIfAny: () => void,
): CheckedConfiguration {
  const { settings, environment, file } = configuration;
  const check = 'configuration';
  try {
    throwIfAny();
    const config = parseConfig(configuration, cwd);
    return { config, hasDatabase: true, result: ok(check, describeSources(configuration)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const result = toCheckResult(check, error, `correct it${file ? ` in "${file}"` : ''}; see chartctl config`);
    const { DATABASE_URL: url = '' } = environment;
    const isUsable = url === '' || isDatabaseUrl(url);
    // without a home directory there is no embedded database to check, so any folder will do
    const home = error.code === NO_HOME ? { HOME: cwd, USERPROFILE: cwd } : {};
    const usable = { ...environment, ...home, DATABASE_URL: isUsable ? url : '' };
    const hasDatabase = isUsable && error.code !== NO_HOME;
    return { config: parseConfig({ settings, environment: usable }, cwd), hasDatabase, result };
  }
}

function isDatabaseUrl(url: string): boolean {
  try {
    parseDatabaseUrl(url);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** The sources that contain settings. */
function describeSources({ settings, file }: Configuration): string {
  const kinds = new Set(Object.values(settings).map(({ origin }) => origin.kind));
  const sources = [
    ...(file === undefined ? [] : [`"${file}"`]),
    ...(kinds.has('environment') ? ['the environment'] : []),
    ...(kinds.has('.env') ? ['.env'] : []),
  ];
  return sources.length > 0 ? `valid; from ${sources.join(', ')} and defaults` : 'valid; defaults only';
}
