import type { Knex } from 'knex';
import { Failure } from '../core/failure.js';
import { READ_COMMITTED } from './in-transaction.js';
import { keepLocks, type KeptLocks, type TakenLocks } from './keep-locks.js';
import { NOTICE_LOST_CLIENT } from './lost-client.js';
import { openTransaction } from './open-transaction.js';
import type { PostgresDialect } from './connection/postgres-dialect.js';
import type { Store } from './store.js';

/** The first key of our advisory locks: who writes a symbol, and who runs a command on it. */
const WRITE_CLASS = 20_001;
const COMMAND_CLASS = 20_002;

/** How long the connection beside the locks may take; a server itself answers at once. */
const OTHER_CONNECTION_MS = 10_000;

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Takes the symbol's write lock until the transaction ends and answers the database's clock.
 *
 * The clock is read after the lock was got, so that `written_at` never runs backwards within a symbol.
 *
 * @throws Failure (locked) when another writer keeps the lock for longer than `waitMs`
 */
export async function lockSymbol(trx: Knex.Transaction, symbol: string, waitMs: number): Promise<Date> {
  try {
    await trx.raw(`SELECT set_config('lock_timeout', ?, true), ${NOTICE_LOST_CLIENT}`, [
      String(Math.max(1, Math.floor(waitMs))),
    ]);
    await trx.raw('SELECT pg_advisory_xact_lock(?, ?)', [WRITE_CLASS, hashKey(symbol)]);
    await trx.raw('SET LOCAL lock_timeout = 0');
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new Failure('locked', `${symbol} is being written by another job; waited ${waitMs / 1000} s`, {
      hint: 'try again, or wait longer with --lock-wait SECONDS',
      cause: error,
    });
  }
  return readDatabaseClock(trx);
}

/** Takes those symbols' write locks that nobody has, until the transaction ends, and answers which, and the database's clock. */
export async function lockFreeSymbols(
  trx: Knex.Transaction,
  symbols: readonly string[],
): Promise<{ locked: ReadonlySet<string>; now: Date }> {
  const { rows } = await trx.raw<{ rows: { place: number; held: boolean }[] }>(
    `SELECT place::int, pg_try_advisory_xact_lock(?, key) AS held, n.*
     FROM (SELECT ${NOTICE_LOST_CLIENT}) n, unnest(?::int[]) WITH ORDINALITY AS k(key, place)`,
    [WRITE_CLASS, symbols.map(hashKey)],
  );
  const locked = rows.filter(({ held }) => held).map(({ place }) => symbols[place - 1]!);
  return { locked: new Set(locked), now: await readDatabaseClock(trx) };
}

/** The database's clock, in whole milliseconds so that it survives a JavaScript Date. */
export async function readDatabaseClock(db: Knex): Promise<Date> {
  const { rows } = await db.raw<{ rows: { now: Date }[] }>(
    `SELECT date_trunc('milliseconds', clock_timestamp()) AS now`,
  );
  return rows[0]!.now;
}

/** The symbols on which a command may run now, held until `release`. */
export interface JobLocks extends KeptLocks {
  held: string[];
}

/**
 * Keeps the same command from running twice on a symbol.
 *
 * The locks live in an open transaction on a connection of their own, so they work through a transaction
 * pooler and end with the process. The embedded database is one process at a time and needs none.
 */
export async function holdJobLocks(store: Store, command: string, symbols: readonly string[]): Promise<JobLocks> {
  if (store.kind === 'embedded') return { ...UNNEEDED, held: [...symbols] };
  const first = await takeJobLocks(store, command, symbols);
  try {
    await requireOtherConnection(store);
  } catch (error) {
    await first.trx.rollback();
    throw error;
  }
  const takeAgain = () => takeJobLocks(store, command, first.held);
  return { held: first.held, ...keepLocks(first, takeAgain, () => toTakenOver(store, command)) };
}

const UNNEEDED: KeptLocks = {
  isLost: () => false,
  taken: new AbortController().signal,
  release: () => Promise.resolve(),
};

function toTakenOver({ label }: Store, command: string): Failure {
  return new Failure('locked', `the connection to ${label} was lost, and another ${command} took over`, {
    code: 'TAKEN_OVER',
    hint: 'this one was stopped, so that no two do the same; the other one goes on',
  });
}

async function takeJobLocks({ knex }: Store, command: string, symbols: readonly string[]): Promise<TakenLocks> {
  const trx = await openTransaction(knex, READ_COMMITTED);
  try {
    const keys = symbols.map((symbol) => toJobKey(command, symbol));
    const { rows } = await trx.raw<{ rows: { place: number; held: boolean }[] }>(
      `SELECT place::int, pg_try_advisory_xact_lock(?, key) AS held, n.*
       FROM (SELECT ${NOTICE_LOST_CLIENT}) n,
         unnest(?::int[]) WITH ORDINALITY AS k(key, place) ORDER BY place`,
      [COMMAND_CLASS, keys],
    );
    const slot = await (trx.client as PostgresDialect).acquireConnection();
    return { trx, slot, held: symbols.filter((_, i) => rows[i]!.held) };
  } catch (error) {
    await trx.rollback();
    throw error;
  }
}

/**
 * A pooler may have given its last connection to the locks, and every other job's to theirs: then all would wait for
 * each other. Whoever gets no second one in time gives the first one up.
 *
 * @throws Knex's KnexTimeoutError
 */
async function requireOtherConnection({ knex }: Store): Promise<void> {
  await knex.raw('SELECT 1').timeout(OTHER_CONNECTION_MS);
}

/** Asks which locks of jobs are held now, by whomever: the answer says it of a command on a symbol. */
export async function findHeldJobLocks(db: Knex): Promise<(command: string, symbol: string) => boolean> {
  const { rows } = await db.raw<{ rows: { key: number }[] }>(
    `SELECT objid::bigint::bit(32)::int AS key FROM pg_locks
     WHERE locktype = 'advisory' AND classid::bigint = ? AND objsubid = 2 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [COMMAND_CLASS],
  );
  const held = new Set(rows.map(({ key }) => key));
  return (command, symbol) => held.has(toJobKey(command, symbol));
}

function toJobKey(command: string, symbol: string): number {
  return hashKey(`${command} ${symbol}`);
}

/** FNV-1a over UTF-16 units, as a signed 32-bit key: the same in every version and on every server. */
function hashKey(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
