import type { Knex } from 'knex';
import { setTimeout as sleep } from 'node:timers/promises';
import { findErrorCode, toDatabaseFailure } from './connection/database-failure.js';
import type { Db, Store, Transaction } from './store.js';

const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 50;

/** Conflicts between transactions and lost connections: a retry may succeed. */
const RETRYABLE = /^(40001|40P01|08(?!P01)...|57P0[1235]|CONNECTION_(CLOSED|DESTROYED|ENDED)|ECONNRESET|EPIPE)$/;

/**
 * Each statement sees what was committed before it, also by the previous holder of a lock that it waited for. Set
 * explicitly, because the database's `default_transaction_isolation` may be another one.
 */
export const READ_COMMITTED: Readonly<Knex.TransactionConfig> = { isolationLevel: 'read committed' };

/** SQLSTATE of a transaction that the server ended because it and another one waited for each other. */
const DEADLOCK = '40P01';

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
 *
 * After a conflict with another transaction or a lost connection, `work` is run again from its start, at most five
 * times in all. If the connection is lost during the commit, whether it took effect is unknown: `work` must lead to
 * the same state when it is repeated.
 *
 * @param alsoRetryable further error codes after which it is run again
 * @param afterDeadlock called before it is run again after a deadlock
 */
export function inTransaction<T>(
  store: Store,
  work: (trx: Transaction) => Promise<T>,
  alsoRetryable: readonly string[] = [],
  afterDeadlock?: () => Promise<void>,
): Promise<T> {
  return withRetries(store, () => store.knex.transaction(work, READ_COMMITTED), alsoRetryable, afterDeadlock);
}

/** Retries like `inTransaction`, for a single statement, which needs no transaction. */
export async function withRetries<T>(
  store: Store,
  work: () => Promise<T>,
  alsoRetryable: readonly string[] = [],
  afterDeadlock?: () => Promise<void>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const code = findErrorCode(error) ?? '';
      const isRetryable = RETRYABLE.test(code) || alsoRetryable.includes(code);
      if (!isRetryable || attempt === MAX_ATTEMPTS) throw toDatabaseFailure(error, store.label);
      await sleep(FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
      if (code === DEADLOCK) await afterDeadlock?.();
    }
  }
}

/**
 * Begins a transaction that the caller has to end.
 *
 * @throws the error of BEGIN; Knex alone would return a completed transaction instead
 */
export async function openTransaction(db: Db, config: Readonly<Knex.TransactionConfig>): Promise<Transaction> {
  const trx = await db.transaction(config);
  if (trx.isCompleted()) await trx.executionPromise;
  return trx;
}

/** Runs `work` in a transaction that is always rolled back, and returns its result: a dry run. */
export async function withRollback<T>(store: Store, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const trx = await openTransaction(store.knex, READ_COMMITTED);
  try {
    return await work(trx);
  } finally {
    await trx.rollback();
  }
}

/** The SQLSTATE of a statement that took longer than its limit. */
export const QUERY_CANCELED = '57014';

/**
 * Runs `work` in one transaction in which the server cancels a statement that takes longer, waiting for locks included:
 * it then fails with `QUERY_CANCELED`. A limit on the client's side would leave the statement running, and with it the
 * connection and the process.
 */
export function withStatementTimeout<T>(db: Db, timeoutMs: number, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (trx) => {
    await trx.raw(`SET LOCAL statement_timeout = ${timeoutMs}`);
    return work(trx);
  });
}
