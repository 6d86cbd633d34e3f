import { Failure } from '../core/failure.js';
import { readDatabaseClock } from './server-facts.js';
import type { Transaction } from './store.js';

/** The first key of the advisory locks for writing a symbol. */
const WRITE_LOCK_CLASS = 20_001;

const LOCK_NOT_AVAILABLE = '55P03';

/** TimescaleDB limits the rows that a transaction decompresses; a clean or an undo may write more. No effect elsewhere. */
const DECOMPRESS_FREELY = `set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`;

/**
 * Acquires the symbol's write lock until the transaction ends and returns the database's clock.
 *
 * The clock is read after the lock is acquired, so that `written_at` never decreases within a symbol.
 *
 * @throws Failure (locked) when another transaction holds the lock for longer than `waitMs`
 */
export async function lockSymbol(trx: Transaction, symbol: string, waitMs: number): Promise<Date> {
  try {
    await trx.raw(`SELECT set_config('lock_timeout', ?, true), ${DETECT_LOST_CLIENT}, ${DECOMPRESS_FREELY}`, [
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

/**
 * Acquires the write locks of those symbols whose lock is free, until the transaction ends, and returns these symbols
 * and the database's clock.
 */
export async function tryLockSymbols(
  trx: Transaction,
  symbols: readonly string[],
): Promise<{ locked: ReadonlySet<string>; now: Date }> {
  const { rows } = await trx.raw<{ rows: { place: number; held: boolean }[] }>(
    `SELECT place::int, pg_try_advisory_xact_lock(?, key) AS held, n.*
     FROM (SELECT ${DETECT_LOST_CLIENT}, ${ONE_CONNECTION_A_WORKER}) n,
       unnest(?::int[]) WITH ORDINALITY AS k(key, place)`,
    [WRITE_LOCK_CLASS, symbols.map(hashKey)],
  );
  const locked = rows.filter(({ held }) => held).map(({ place }) => symbols[place - 1]!);
  return { locked: new Set(locked), now: await readDatabaseClock(trx) };
}

/**
 * Settings for a transaction that holds locks, as expressions of a SELECT: the server detects within a minute that its
 * client is lost, as after a network or power failure. By default it would keep the locks for two hours. Lower values
 * of the server or of DATABASE_URL are kept.
 *
 * Only for transactions whose results are read at once: a client that does not read for a minute counts as lost, too.
 */
export const DETECT_LOST_CLIENT = [
  capSetting('tcp_keepalives_idle', 30),
  capSetting('tcp_keepalives_interval', 10),
  capSetting('tcp_keepalives_count', 3),
  capSetting('tcp_user_timeout', 60_000),
  // the transaction is idle while the client calculates; the settings above detect a lost client
  `set_config('idle_in_transaction_session_timeout', '0', true)`,
].join(', ');

/**
 * Makes Citus use one connection to each worker for a transaction over many symbols, as an expression of a SELECT. Each of
 * its small statements takes less time than opening a connection, and COMMIT takes a round trip for each of them.
 * Other servers store the settings and ignore them.
 */
export const ONE_CONNECTION_A_WORKER = [
  `set_config('citus.max_adaptive_executor_pool_size', '1', true)`,
  `set_config('citus.multi_shard_modify_mode', 'sequential', true)`,
].join(', ');

/** Lowers a setting until the transaction ends; 0 stands for the operating system's value, which is high. */
function capSetting(name: string, max: number): string {
  return `set_config('${name}', least(nullif(current_setting('${name}')::int, 0), ${max})::text, true)`;
}

/** FNV-1a over UTF-16 units, as a signed 32-bit key: the same in every version and on every server. */
export function hashKey(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
