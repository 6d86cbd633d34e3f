import { type Config, parseConfig } from '../../config/config.js';
import { Problems } from '../../config/problems.js';
import { type Configuration, type ConfigurationSources, readConfiguration } from '../../config/read-configuration.js';
import type { CommandLineText } from '../../config/resolve-settings.js';
import type { Environment, Io } from '../../core/io.js';
import { Flags } from './flags.js';

/**
 * The flags of a call over what the environment, `.env` and the configuration file say.
 *
 * @param raw the options as commander read them
 * @param given settings that the call says itself, for who shows them all
 */
export async function readFlags(
  raw: Readonly<Record<string, unknown>>,
  { env, cwd }: Pick<Io, 'env' | 'cwd'>,
  given?: ReadonlyMap<string, CommandLineText>,
): Promise<Flags> {
  const named = typeof raw.config === 'string' ? raw.config : undefined;
  const place = { env, cwd, named: named?.trim() ? named : undefined, given };
  const { configuration, found } = await (given ? read(place) : readOnce(place));
  const problems = new Problems();
  if (named?.trim() === '') problems.add('--config was empty', 'name a file');
  for (const problem of found) problems.append(problem);
  return new Flags(raw, cwd, configuration, problems);
}

interface Reading {
  configuration: Configuration;
  found: Problems['all'];
}

const readings = new WeakMap<Environment, { place: ConfigurationSources; reading: Promise<Reading> }>();

/** A run reads its configuration once, though what surrounds a command asks for it as well. */
function readOnce(place: ConfigurationSources): Promise<Reading> {
  const before = readings.get(place.env);
  if (before?.place.cwd === place.cwd && before.place.configPath === place.configPath) return before.reading;
  const reading = read(place);
  readings.set(place.env, { place, reading });
  return reading;
}

async function read(place: ConfigurationSources): Promise<Reading> {
  const problems = new Problems();
  return { configuration: await readConfiguration(place, problems), found: problems.all };
}

/**
 * The configuration of a call, when nothing was wrong with its flags either.
 *
 * @param flags from `readFlags`
 * @param inspect reads what depends on the configuration; undefined is a configuration that was refused
 * @param overrides variables that win over the environment's
 * @throws Failure (usage) that names all problems of flags, environment, `.env` and configuration file together
 */
export function readConfig(
  flags: Flags,
  io: Pick<Io, 'cwd'>,
  inspect: (config: Config | undefined) => void = () => undefined,
  overrides: Io['env'] = {},
): Config {
  const { configuration } = flags;
  if (!configuration) throw new Error('flags of which readFlags did not read the configuration');
  const environment = { ...configuration.environment, ...overrides };
  const config = flags.problems.attempt(() => parseConfig({ settings: configuration.settings, environment }, io.cwd));
  inspect(configuration.isValid ? config : undefined);
  flags.problems.throwIfAny();
  if (!config) throw new Error('a configuration that was refused is a problem');
  return config;
}
