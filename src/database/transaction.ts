import type { Knex } from 'knex';
import { setTimeout as sleep } from 'node:timers/promises';
import { findErrorCode, toDatabaseFailure } from './connection/database-failure.js';
import type { Db, Store, Transaction } from './store.js';

const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 50;

/** Conflicts between transactions, and lost connections: the same work may well succeed on a second try. */
const RETRYABLE = /^(40001|40P01|08(?!P01)...|57P0[1235]|CONNECTION_(CLOSED|DESTROYED|ENDED)|ECONNRESET|EPIPE)$/;

/**
 * Each statement sees what was committed before it, also what a writer left whose lock was waited for, whatever the
 * database's `default_transaction_isolation` is.
 */
export const READ_COMMITTED: Readonly<Knex.TransactionConfig> = { isolationLevel: 'read committed' };

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
 *
 * It is run again from its start, at most five times in all, after a conflict with another transaction or a lost
 * connection. If the connection is lost during the commit, nobody knows whether it took effect: `work` must
 * end in the same state when it is repeated.
 */
export function inTransaction<T>(
  store: Store,
  work: (trx: Knex.Transaction) => Promise<T>,
  alsoPassing: readonly string[] = [],
): Promise<T> {
  return withRetries(store, () => store.knex.transaction(work, READ_COMMITTED), alsoPassing);
}

/** The same for one statement, which needs no transaction around it. */
export async function withRetries<T>(
  store: Store,
  work: () => Promise<T>,
  alsoPassing: readonly string[] = [],
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const code = findErrorCode(error) ?? '';
      const isPassing = RETRYABLE.test(code) || alsoPassing.includes(code);
      if (!isPassing || attempt === MAX_ATTEMPTS) throw toDatabaseFailure(error, store.label);
      await sleep(FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}

/**
 * Begins a transaction that whoever asked for it ends.
 *
 * @throws why it could not begin; Knex would hand out one that is over, and only that would be told
 */
export async function openTransaction(db: Knex, config: Readonly<Knex.TransactionConfig>): Promise<Knex.Transaction> {
  const trx = await db.transaction(config);
  if (trx.isCompleted()) await trx.executionPromise;
  return trx;
}

/** Runs `work` in a transaction that is always rolled back: what it answers is what it would have done. */
export async function withRollback<T>(store: Store, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const trx = await openTransaction(store.knex, READ_COMMITTED);
  try {
    return await work(trx);
  } finally {
    await trx.rollback();
  }
}

/**
 * Asks in one transaction, in which no statement may take longer, also not by waiting for somebody's lock: then it
 * fails with SQLSTATE 57014, and with it the rest. It can be taken back at the database alone: a statement that runs
 * keeps its connection, and that the process.
 */
export function withStatementTimeout<T>(db: Db, timeoutMs: number, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (trx) => {
    await trx.raw(`SET LOCAL statement_timeout = ${timeoutMs}`);
    return work(trx);
  });
}
