import { join } from 'node:path';
import { Failure } from '../../core/failure.js';
import type { Environment } from '../../core/io.js';
import { checkDocument, findSettingValue } from '../../config/config-file.js';
import { CONFIG_FILE_NAME, type Configuration } from '../../config/read-configuration.js';
import { resolveSettings } from '../../config/resolve-settings.js';
import type { SettingValue } from '../../config/setting.js';
import { SETTINGS } from '../../config/settings.js';

export const DOT_ENV_NAME = '.env';
/** For a file that holds a password: its owner alone may read it. */
const SECRET_MODE = 0o600;

/** What a new configuration holds. */
export interface NewSettings {
  /** With its password; undefined for the embedded database. */
  databaseUrl?: string | undefined;
  /** The folder of the embedded database. */
  dataDir?: string | undefined;
  symbols?: readonly string[] | undefined;
}

/**
 * The two files of a new configuration: what is secret is in `.env`, which its owner alone may read.
 *
 * @throws Failure (usage) for a value that a configuration file may not have
 */
export function formatNewFiles(settings: NewSettings): { path: string; text: string; mode?: number }[] {
  const text = `${JSON.stringify(toDocument(settings), null, 2)}\n`;
  return [
    { path: DOT_ENV_NAME, text: formatDotEnv(settings), mode: SECRET_MODE },
    { path: CONFIG_FILE_NAME, text },
  ];
}

function formatDotEnv({ databaseUrl }: NewSettings): string {
  const variable = 'DATABASE_URL';
  if (databaseUrl === undefined) return `# ${variable}='postgres://USER:PASSWORD@HOST:5432/DATABASE'\n`;
  return `# Keep this file out of version control: it holds a password.\n${variable}='${databaseUrl}'\n`;
}

function toDocument({ symbols, dataDir }: NewSettings): Record<string, SettingValue> {
  const document = { ...(symbols && { symbols }), ...(dataDir !== undefined && { dataDir }) };
  const [problem] = checkDocument(document);
  if (problem) throw new Failure('usage', problem.message, { hint: problem.hint });
  return document;
}

/**
 * The configuration that commands in a folder will have once the new files are there, by what the environment sets
 * beside `findOverriding`. A configuration file of a folder above is not read any more then.
 *
 * @param onProblem called for each variable that is refused
 */
export function planConfiguration(
  settings: NewSettings,
  { env, cwd }: { env: Environment; cwd: string },
  onProblem: (problem: Failure) => void,
): Configuration {
  const overriding = new Set(findOverriding(settings, env));
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !overriding.has(name)));
  const environment = { ...kept, DATABASE_URL: settings.databaseUrl ?? '' };
  const document = toDocument(settings);
  const values = new Map(
    SETTINGS.flatMap(({ key }) => {
      const value = findSettingValue(document, key) as SettingValue | undefined;
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const path = join(cwd, CONFIG_FILE_NAME);
  let isValid = true;
  const resolved = resolveSettings({ environment: kept, dotEnv: {}, file: { path, values } }, (problem) => {
    isValid = false;
    onProblem(problem);
  });
  const originOf = (variable: string) => (kept[variable] === undefined ? undefined : 'environment');
  return { settings: resolved, environment, originOf, file: path, isValid };
}

/** The variables of the environment by which commands would not use the new files as they are. */
export function findOverriding({ databaseUrl, dataDir, symbols }: NewSettings, env: Environment): string[] {
  const { DATABASE_URL: url, CHARTCTL_DATA_DIR: folder, CHARTCTL_SYMBOLS: names, CHARTCTL_CONFIG: file } = env;
  return [
    ...(url !== undefined && url !== (databaseUrl ?? '') ? ['DATABASE_URL'] : []),
    ...(dataDir !== undefined && folder && folder !== dataDir ? ['CHARTCTL_DATA_DIR'] : []),
    ...(symbols && names !== undefined && names !== symbols.join(' ') ? ['CHARTCTL_SYMBOLS'] : []),
    ...(file?.trim() ? ['CHARTCTL_CONFIG'] : []),
  ];
}
