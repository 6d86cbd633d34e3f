import { dataFolder } from '../../cli/data-folder.js';
import { readEnvironment } from '../../cli/environment.js';
import { parseConfig, type Config } from '../../core/config.js';

/**
 * The configuration that the command would find here: this process's environment over `.env` in its working directory.
 *
 * @throws Failure (usage) that names everything wrong with it
 */
export function configOfProcess(): Config {
  const environment = readEnvironment(process.env, process.cwd());
  return parseConfig(environment, dataFolder(environment));
}
