import { resolve } from 'node:path';
import { dataFolder } from '../cli/data-folder.js';
import { readEnvironment } from '../cli/environment.js';
import type { Flags } from '../cli/flags.js';
import type { Io } from '../cli/io.js';
import { parseConfig, type Config } from '../core/config.js';

/**
 * The configuration of a call, when nothing was wrong with its flags either.
 *
 * @param inspect reads what depends on the configuration; undefined is a configuration that was refused
 * @param overrides variables that win over the environment's
 * @throws Failure (usage) that names all problems of flags, configuration and `.env` together
 */
export function readConfig(
  flags: Flags,
  io: Pick<Io, 'env' | 'cwd'>,
  inspect: (config: Config | undefined) => void = () => undefined,
  overrides: Io['env'] = {},
): Config {
  const config = flags.problems.attempt(() => {
    const environment = { ...readEnvironment(io.env, io.cwd), ...overrides };
    return fromFolder(parseConfig(environment, dataFolder(environment)), io.cwd);
  });
  inspect(config);
  flags.problems.throwIfAny();
  if (!config) throw new Error('a configuration that was refused is a problem');
  return config;
}

/** The configuration with its relative path made absolute. */
function fromFolder(config: Config, folder: string): Config {
  if (config.database.kind !== 'embedded') return config;
  return { ...config, database: { ...config.database, dataDir: resolve(folder, config.database.dataDir) } };
}
