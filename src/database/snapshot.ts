import type { Knex } from 'knex';
import type { Db, Transaction } from './store.js';
import { ONE_CONNECTION_A_WORKER } from './symbol-locks.js';
import { openTransaction } from './transaction.js';

const SNAPSHOT: Knex.TransactionConfig = { isolationLevel: 'repeatable read', readOnly: true };

/** Runs `work` in a read-only transaction in which all statements see the same state of the database. */
export function inSnapshot<T>(db: Db, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (trx) => {
    await allowIdle(trx);
    return work(trx);
  }, SNAPSHOT);
}

/** Begins such a transaction, which the caller has to roll back. */
export async function beginSnapshot(db: Db): Promise<Transaction> {
  const trx = await openTransaction(db, SNAPSHOT);
  await allowIdle(trx);
  return trx;
}

/**
 * The rows may be consumed slowly: the server must not end the transaction while it is idle. What it reads is small or of
 * one symbol, so one connection to each worker of Citus is enough.
 */
async function allowIdle(trx: Transaction): Promise<void> {
  await trx.raw(`SET LOCAL idle_in_transaction_session_timeout = 0; SELECT ${ONE_CONNECTION_A_WORKER}`);
}
