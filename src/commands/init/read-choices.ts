import { join } from 'node:path';
import { parseDatabaseUrl } from '../../core/database-url.js';
import { Failure } from '../../core/failure.js';
import type { Environment } from '../../core/io.js';
import { redactPasswords } from '../../core/secrets.js';
import type { Call } from '../framework/command.js';
import { readLogFormat, readSymbols } from '../framework/options/options.js';

/** The schedulers that maintain the table; `chartctl schedule` has others for exports alone. */
export const SCHEDULER_CHOICES = ['crontab', 'systemd', 'kubernetes', 'none'] as const;

export type SchedulerChoice = (typeof SCHEDULER_CHOICES)[number];

/** A PostgreSQL server, with its password, or the folder of the embedded database. */
export type DatabaseChoice =
  { databaseUrl: string; dataDir?: undefined } | { dataDir: string; databaseUrl?: undefined };

/** What a configuration is made of; what is not given is asked for. */
export interface Choices {
  database: DatabaseChoice | undefined;
  symbols: readonly string[] | undefined;
  scheduler: SchedulerChoice | undefined;
  /** The container image of a schedule for Kubernetes. */
  image: string | undefined;
}

const EXPECTED_DATABASE = 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, or a folder for the embedded database';

/**
 * Reads what the command line gives.
 *
 * @param canAsk whether the rest can be asked for
 * @throws Failure (usage) that names all problems together, also what is missing and cannot be asked for
 */
export function readChoices({ flags, args, io }: Call, canAsk: boolean): Choices {
  const { problems } = flags;
  readLogFormat(flags);
  if (flags.isSet('--config')) {
    problems.add('--config was given', 'init writes chartctl.config.json in the working directory');
  }
  const scheduler = flags.choice('--schedule', SCHEDULER_CHOICES);
  const choices: Choices = {
    database: flags.parse('--database', (text) => parseDatabaseFlag(text, io.env)),
    symbols: args.length > 0 || flags.isSet('--symbols-file') ? toList(readSymbols(flags, args, undefined)) : undefined,
    scheduler,
    image: flags.text('--image'),
  };
  if (flags.isSet('--image') && scheduler !== undefined && scheduler !== 'kubernetes') {
    problems.add('--image is only for --schedule kubernetes');
  }
  const { DATABASE_URL: url } = io.env;
  if (!canAsk && !flags.isSet('--database') && url) {
    choices.database = problems.attempt(() => parseDatabaseChoice(url, io.env));
  }
  const conflict = choices.database && scheduler && describeConflict(choices.database, scheduler);
  if (conflict) problems.add(...conflict);
  if (!canAsk) addMissing(choices, { flags, args, io });
  problems.throwIfAny();
  return choices;
}

function toList(symbols: readonly string[] | 'all'): readonly string[] {
  return symbols === 'all' ? [] : symbols;
}

function addMissing({ scheduler, image }: Choices, { flags, args, io }: Pick<Call, 'flags' | 'args' | 'io'>): void {
  const missing = [
    ...(flags.isSet('--database') || io.env.DATABASE_URL ? [] : ['--database']),
    ...(args.length > 0 || flags.isSet('--symbols-file') ? [] : ['symbols']),
    ...(flags.isSet('--schedule') ? [] : ['--schedule']),
    ...(scheduler === 'kubernetes' && image === undefined && !flags.isSet('--image') ? ['--image'] : []),
  ];
  if (missing.length === 0) return;
  flags.problems.add(
    `${missing.join(', ')} ${missing.length > 1 ? 'were' : 'was'} not given, and there is no terminal to ask at`,
    'such as: chartctl init BTCUSDT ETHUSDT --database data --schedule none; DATABASE_URL is used instead of --database',
  );
}

/** Arguments of a process can be seen by other users of the machine. */
function parseDatabaseFlag(text: string, env: Environment): DatabaseChoice {
  const choice = parseDatabaseChoice(text, env);
  const { databaseUrl } = choice;
  const hasPassword =
    databaseUrl !== undefined && (new URL(databaseUrl).password !== '' || redactPasswords(databaseUrl) !== databaseUrl);
  if (!hasPassword) return choice;
  throw new Failure('usage', '--database holds a password, which other users of this machine can see', {
    hint: 'leave it out and type it when it is asked for, or set DATABASE_URL instead of the option',
  });
}

/**
 * The database that a text names.
 *
 * @throws Failure (usage) that does not show the text, which may hold a password
 */
export function parseDatabaseChoice(text: string, env: Environment): DatabaseChoice {
  const refuse = (problem: string): never => {
    throw new Failure('usage', `the database ${problem}`, { hint: EXPECTED_DATABASE });
  };
  if (/\p{Cc}/u.test(text)) return refuse('holds a line break or another control character');
  if (text.includes('://')) {
    if (/\s/.test(text)) return refuse('is a URL with white space; a space is written %20 in it');
    parseDatabaseUrl(text); // checks its form
    return { databaseUrl: text.replaceAll("'", '%27') }; // it is quoted in .env
  }
  const isDrive = /^[A-Za-z]:[\\/]/.test(text);
  if (text === '' || (!isDrive && /[@:"'`]/.test(text))) return refuse('was not understood');
  return { dataDir: /^~(\/|$)/.test(text) && env.HOME ? join(env.HOME, text.slice(1)) : text };
}

/** Why a database cannot be used by a schedule, and what to do; undefined if it can. */
export function describeConflict(
  { dataDir }: DatabaseChoice,
  scheduler: SchedulerChoice,
): [problem: string, hint: string] | undefined {
  if (dataDir === undefined || scheduler === 'none') return undefined;
  return [
    `the schedule was "${scheduler}" with an embedded database, which one process at a time can use`,
    'give the URL of a PostgreSQL server, or --schedule none',
  ];
}
