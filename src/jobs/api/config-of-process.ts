import { dataFolder } from '../../cli/data-folder.js';
import { Problems } from '../../cli/problems.js';
import { readConfiguration } from '../../cli/read-configuration.js';
import { parseConfig, type Config } from '../../core/config.js';

/**
 * The configuration that the command would find here: this process's environment over `.env` in its working directory
 * over the configuration file.
 *
 * @throws Failure (usage) that names everything wrong with it
 */
export async function configOfProcess(): Promise<Config> {
  const problems = new Problems();
  const { choices, environment } = await readConfiguration({ env: process.env, cwd: process.cwd() }, problems);
  problems.throwIfAny();
  return parseConfig(choices, environment, dataFolder(environment));
}
