import type { GivenText } from '../core/choose-settings.js';
import { Flags } from './flags.js';
import type { Io } from './io.js';
import { Problems } from './problems.js';
import { readConfiguration } from './read-configuration.js';

/**
 * The flags of a call over what the environment, `.env` and the configuration file say.
 *
 * @param raw the options as commander read them
 * @param given settings that the call says itself, for who shows them all
 */
export async function readFlags(
  raw: Readonly<Record<string, unknown>>,
  { env, cwd }: Pick<Io, 'env' | 'cwd'>,
  given?: ReadonlyMap<string, GivenText>,
): Promise<Flags> {
  const problems = new Problems();
  const named = typeof raw.config === 'string' ? raw.config : undefined;
  if (named?.trim() === '') problems.add('--config was empty', 'name a file');
  const configuration = await readConfiguration(
    { env, cwd, named: named?.trim() ? named : undefined, given },
    problems,
  );
  return new Flags(raw, cwd, configuration, problems);
}
