import { resolve } from 'node:path';
import { dataFolder } from '../cli/data-folder.js';
import type { Flags } from '../cli/flags.js';
import type { Io } from '../cli/io.js';
import { parseConfig, type Config } from '../core/config.js';

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
  const config = flags.problems.attempt(() =>
    fromFolder(parseConfig(configuration.choices, environment, dataFolder(environment)), io.cwd),
  );
  inspect(configuration.isSound ? config : undefined);
  flags.problems.throwIfAny();
  if (!config) throw new Error('a configuration that was refused is a problem');
  return config;
}

/** The configuration with its relative path made absolute. */
function fromFolder(config: Config, folder: string): Config {
  if (config.database.kind !== 'embedded') return config;
  return { ...config, database: { ...config.database, dataDir: resolve(folder, config.database.dataDir) } };
}
