import { statSync, type Stats } from 'node:fs';
import { platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import { readDotEnv } from './dot-env.js';
import type { Problems } from './problems.js';
import { resolveSettings, type CommandLineText, type ResolvedSettings } from './resolve-settings.js';

export const CONFIG_FILE_NAME = 'chartctl.config.json';

/** The settings of a call, from all their sources together. */
export interface Configuration {
  settings: ResolvedSettings;
  /** The environment's variables over those of `.env`. */
  environment: Environment;
  /** Which of the two a variable is from. */
  originOf: (variable: string) => 'environment' | '.env' | undefined;
  /** The path of the configuration file, if there is one. */
  file: string | undefined;
  /** Whether there was no problem; otherwise defaults stand in for refused values. */
  isValid: boolean;
}

/** Where settings are read from. */
export interface ConfigurationSources {
  env: Environment;
  /** The working directory. */
  cwd: string;
  /** The file of `--config`; without it that of `CHARTCTL_CONFIG`, else the nearest `chartctl.config.json`. */
  configPath?: string | undefined;
  /** Arguments and flags of the call, by setting. */
  commandLine?: ReadonlyMap<string, CommandLineText> | undefined;
}

/** Reads the settings; everything wrong with them goes to `problems`. */
export async function readConfiguration(
  { env, cwd, configPath, commandLine }: ConfigurationSources,
  problems: Problems,
): Promise<Configuration> {
  const problemsBefore = problems.all.length;
  const dotEnv = problems.attempt(() => readDotEnv(cwd)) ?? {};
  const environment = { ...dotEnv, ...env };
  const named = configPath ?? (environment.CHARTCTL_CONFIG?.trim() || undefined);
  const path = named === undefined ? problems.attempt(() => findConfigFile(cwd)) : resolve(cwd, named);
  // the parser and the checks of the file are loaded only where there is one
  const file = path === undefined ? undefined : (await import('./config-file.js')).readConfigFile(path, problems);
  const settings = resolveSettings({ commandLine, environment: env, dotEnv, file }, (problem) =>
    problems.append(problem),
  );
  const originOf = (variable: string) =>
    env[variable] !== undefined ? 'environment' : dotEnv[variable] !== undefined ? '.env' : undefined;
  return { settings, environment, originOf, file: file?.path, isValid: problems.all.length === problemsBefore };
}

/**
 * The configuration file of a folder: its own, or that of the nearest folder above it.
 *
 * A world-writable folder above, such as `/tmp`, is skipped: a file of another user must not name the database that is
 * written or the command that is run.
 *
 * @throws Failure (usage) when a folder cannot be examined
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
