import { resolve } from 'node:path';
import { chooseSettings, type Choices, type GivenText } from '../core/choose-settings.js';
import type { Environment } from '../core/environment.js';
import { readDotEnv } from './environment.js';
import { findConfigFile } from './find-config-file.js';
import type { Problems } from './problems.js';

/** What the environment, `.env` and the configuration file say together. */
export interface Configuration {
  choices: Choices;
  /** The environment's variables over those of `.env`. */
  environment: Environment;
  /** Which of the two a variable is of. */
  originOf: (variable: string) => 'environment' | '.env' | undefined;
  /** The configuration file that was read. */
  file: string | undefined;
  /** Whether nothing was wrong with it; else some choices are defaults that nobody chose. */
  isSound: boolean;
}

/** Where a configuration is looked for. */
export interface Place {
  env: Environment;
  /** The working directory. */
  cwd: string;
  /** The file of `--config`; else that of `CHARTCTL_CONFIG`, else the nearest `chartctl.config.json`. */
  named?: string | undefined;
  /** What the call says itself, by setting. */
  given?: ReadonlyMap<string, GivenText> | undefined;
}

/** Reads the settings; everything wrong with them goes to `problems`. */
export async function readConfiguration(place: Place, problems: Problems): Promise<Configuration> {
  const { env, cwd, named, given } = place;
  const problemsBefore = problems.all.length;
  const dotEnv = problems.attempt(() => readDotEnv(cwd)) ?? {};
  const environment = { ...dotEnv, ...env };
  const asked = named ?? (environment.CHARTCTL_CONFIG?.trim() || undefined);
  const path = asked === undefined ? problems.attempt(() => findConfigFile(cwd)) : resolve(cwd, asked);
  // only who has a file waits for the validator of files
  const file = path === undefined ? undefined : (await import('./config-file.js')).readConfigFile(path, problems);
  const choices = chooseSettings({ given, environment: env, dotEnv, file }, (problem) => problems.append(problem));
  const originOf = (variable: string) =>
    env[variable] !== undefined ? 'environment' : dotEnv[variable] !== undefined ? '.env' : undefined;
  return { choices, environment, originOf, file: file?.path, isSound: problems.all.length === problemsBefore };
}
