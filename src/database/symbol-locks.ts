import type { Knex } from 'knex';
import { Failure } from '../core/failure.js';
import { readDatabaseClock } from './server-facts.js';

/**
 * For a transaction that holds locks: has the server notice within a minute that its client is gone without a word, as
 * when its network fails or its machine loses power. By itself it would wait for two hours, and everybody else with it.
 * What the server or DATABASE_URL sets to less stays.
 *
 * Only for transactions whose answers are read at once: who stops reading for a minute is taken for lost, too.
 */
export const DETECT_LOST_CLIENT = [
  capSetting('tcp_keepalives_idle', 30),
  capSetting('tcp_keepalives_interval', 10),
  capSetting('tcp_keepalives_count', 3),
  capSetting('tcp_user_timeout', 60_000),
  // between two statements we compute, and a client that is gone is noticed by the above
  `set_config('idle_in_transaction_session_timeout', '0', true)`,
].join(', ');

/** Sets it until the transaction ends; 0 is the system's own, which is much. */
function capSetting(name: string, most: number): string {
  return `set_config('${name}', least(nullif(current_setting('${name}')::int, 0), ${most})::text, true)`;
}

/** The first key of our advisory locks: who writes a symbol, and who runs a command on it. */
const WRITE_LOCK_CLASS = 20_001;

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
    await trx.raw(`SELECT set_config('lock_timeout', ?, true), ${DETECT_LOST_CLIENT}`, [
      String(Math.max(1, Math.floor(waitMs))),
    ]);
    await trx.raw('SELECT pg_advisory_xact_lock(?, ?)', [WRITE_LOCK_CLASS, hashKey(symbol)]);
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
export async function tryLockSymbols(
  trx: Knex.Transaction,
  symbols: readonly string[],
): Promise<{ locked: ReadonlySet<string>; now: Date }> {
  const { rows } = await trx.raw<{ rows: { place: number; held: boolean }[] }>(
    `SELECT place::int, pg_try_advisory_xact_lock(?, key) AS held, n.*
     FROM (SELECT ${DETECT_LOST_CLIENT}) n, unnest(?::int[]) WITH ORDINALITY AS k(key, place)`,
    [WRITE_LOCK_CLASS, symbols.map(hashKey)],
  );
  const locked = rows.filter(({ held }) => held).map(({ place }) => symbols[place - 1]!);
  return { locked: new Set(locked), now: await readDatabaseClock(trx) };
}

/** FNV-1a over UTF-16 units, as a signed 32-bit key: the same in every version and on every server. */
export function hashKey(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
