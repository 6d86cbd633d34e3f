import { type Config, parseConfig } from '../../../config/config.js';
import { Problems } from '../../../config/problems.js';
import {
  type Configuration,
  type ConfigurationSources,
  readConfiguration,
} from '../../../config/read-configuration.js';
import type { CommandLineText } from '../../../config/resolve-settings.js';
import type { Environment, Io } from '../../../core/io.js';
import { Flags } from './flags.js';

/**
 * The options of a call, over the environment, `.env` and the configuration file. Problems of these are in
 * `flags.problems`.
 *
 * @param raw the options as commander parsed them
 * @param commandLine settings that the call gives by its own options, for a list of all settings
 */
export async function readFlags(
  raw: Readonly<Record<string, unknown>>,
  { env, cwd }: Pick<Io, 'env' | 'cwd'>,
  commandLine?: ReadonlyMap<string, CommandLineText>,
): Promise<Flags> {
  const path = typeof raw.config === 'string' ? raw.config : undefined;
  const sources: ConfigurationSources = { env, cwd, configPath: path?.trim() ? path : undefined, commandLine };
  const { configuration, found } = await (commandLine ? read(sources) : readOnce(sources));
  const problems = new Problems();
  if (path?.trim() === '') problems.add('--config was empty', 'name a file');
  for (const problem of found) problems.append(problem);
  return new Flags(raw, cwd, configuration, problems);
}

/**
 * The configuration of a call whose options were all read.
 *
 * @param flags from `readFlags`
 * @param inspect reads what depends on the configuration; it gets undefined when the configuration was refused
 * @param overrides variables that win over the environment's
 * @throws Failure (usage) that names all problems of options, environment, `.env` and configuration file together
 */
export function readConfig(
  flags: Flags,
  io: Pick<Io, 'cwd'>,
  inspect: (config: Config | undefined) => void = () => undefined,
  overrides: Environment = {},
): Config {
  const { configuration } = flags;
  if (!configuration) throw new Error('readFlags reads the configuration');
  const environment = { ...configuration.environment, ...overrides };
  const config = flags.problems.attempt(() => parseConfig({ settings: configuration.settings, environment }, io.cwd));
  inspect(configuration.isValid ? config : undefined);
  flags.problems.throwIfAny();
  if (!config) throw new Error('a configuration that was refused is a problem');
  return config;
}

interface Reading {
  configuration: Configuration;
  found: Problems['all'];
}

const readings = new WeakMap<Environment, { sources: ConfigurationSources; reading: Promise<Reading> }>();

/** The session and the command both need the configuration; it is read once. */
function readOnce(sources: ConfigurationSources): Promise<Reading> {
  const before = readings.get(sources.env);
  if (before?.sources.cwd === sources.cwd && before.sources.configPath === sources.configPath) return before.reading;
  const reading = read(sources);
  readings.set(sources.env, { sources, reading });
  return reading;
}

async function read(sources: ConfigurationSources): Promise<Reading> {
  const problems = new Problems();
  return { configuration: await readConfiguration(sources, problems), found: problems.all };
}
