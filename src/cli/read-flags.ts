import type { GivenText } from '../core/choose-settings.js';
import type { Environment } from '../core/environment.js';
import { Flags } from './flags.js';
import type { Io } from './io.js';
import { Problems } from './problems.js';
import { readConfiguration, type Configuration, type Place } from './read-configuration.js';

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

const readings = new WeakMap<Environment, { place: Place; reading: Promise<Reading> }>();

/** A run reads its configuration once, though what surrounds a command asks for it as well. */
function readOnce(place: Place): Promise<Reading> {
  const before = readings.get(place.env);
  if (before?.place.cwd === place.cwd && before.place.named === place.named) return before.reading;
  const reading = read(place);
  readings.set(place.env, { place, reading });
  return reading;
}

async function read(place: Place): Promise<Reading> {
  const problems = new Problems();
  return { configuration: await readConfiguration(place, problems), found: problems.all };
}
