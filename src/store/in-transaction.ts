import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { errorCode, toDatabaseFailure } from './connection/database-failure.js';
import type { Store } from './store.js';

const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 50;

/** Conflicts between transactions, and lost connections: the same work may well succeed on a second try. */
const PASSING = /^(40001|40P01|08(?!P01)...|57P0[1235]|CONNECTION_(CLOSED|DESTROYED|ENDED)|ECONNRESET|EPIPE)$/;

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
      const code = errorCode(error) ?? '';
      const isPassing = PASSING.test(code) || alsoPassing.includes(code);
      if (!isPassing || attempt === MAX_ATTEMPTS) throw toDatabaseFailure(error, store.label);
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}
