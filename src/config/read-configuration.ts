import { type Stats, statSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import type { Problems } from './problems.js';
import { type CommandLineText, type ResolvedSettings, resolveSettings } from './resolve-settings.js';
import { readDotEnv } from './text-file.js';

export const CONFIG_FILE_NAME = 'chartctl.config.json';

/**
 * The configuration file that a folder is under: its own, or that of the nearest folder above it.
 *
 * A folder above that anybody may write to, such as `/tmp`, is passed over: what a stranger leaves there must not say
 * which database is written or which command is run.
 *
 * @throws Failure (usage) when a folder cannot be looked into
 */
export function findConfigFile(folder: string): string | undefined {
  for (let place = folder; ; place = dirname(place)) {
    const file = join(place, CONFIG_FILE_NAME);
    if (statIfPresent(file) && (place === folder || !isWorldWritable(place))) return file;
    if (dirname(place) === place) return undefined;
  }
}

function isWorldWritable(folder: string): boolean {
  return platform() !== 'win32' && ((statIfPresent(folder)?.mode ?? 0) & 0o002) !== 0;
}

function statIfPresent(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    throw new Failure('usage', `"${path}" could not be looked for: ${code}`, {
      hint: 'name the file with --config, or run in another directory',
      code,
      cause: error,
    });
  }
}

/** What the environment, `.env` and the configuration file say together. */
export interface Configuration {
  settings: ResolvedSettings;
  /** The environment's variables over those of `.env`. */
  environment: Environment;
  /** Which of the two a variable is of. */
  originOf: (variable: string) => 'environment' | '.env' | undefined;
  /** The configuration file that was read. */
  file: string | undefined;
  /** Whether nothing was wrong with it; else some choices are defaults that nobody chose. */
  isValid: boolean;
}

/** Where a configuration is looked for. */
export interface ConfigurationSources {
  env: Environment;
  /** The working directory. */
  cwd: string;
  /** The file of `--config`; else that of `CHARTCTL_CONFIG`, else the nearest `chartctl.config.json`. */
  configPath?: string | undefined;
  /** What the call says itself, by setting. */
  commandLine?: ReadonlyMap<string, CommandLineText> | undefined;
}

/** Reads the settings; everything wrong with them goes to `problems`. */
export async function readConfiguration(place: ConfigurationSources, problems: Problems): Promise<Configuration> {
  const { env, cwd, configPath, commandLine } = place;
  const problemsBefore = problems.all.length;
  const dotEnv = problems.attempt(() => readDotEnv(cwd)) ?? {};
  const environment = { ...dotEnv, ...env };
  const asked = configPath ?? (environment.CHARTCTL_CONFIG?.trim() || undefined);
  const path = asked === undefined ? problems.attempt(() => findConfigFile(cwd)) : resolve(cwd, asked);
  // only who has a file waits for the validator of files
  const file = path === undefined ? undefined : (await import('./config-file.js')).readConfigFile(path, problems);
  const choices = resolveSettings({ commandLine, environment: env, dotEnv, file }, (problem) =>
    problems.append(problem),
  );
  const originOf = (variable: string) =>
    env[variable] !== undefined ? 'environment' : dotEnv[variable] !== undefined ? '.env' : undefined;
  return {
    settings: choices,
    environment,
    originOf,
    file: file?.path,
    isValid: problems.all.length === problemsBefore,
  };
}
