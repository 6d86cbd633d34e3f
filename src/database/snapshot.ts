import type { Knex } from 'knex';
import { openTransaction } from './transaction.js';

const SNAPSHOT: Knex.TransactionConfig = { isolationLevel: 'repeatable read', readOnly: true };

/** Runs `work` on one unchanging state of the database, also when somebody reads what it gives slowly. */
export function inSnapshot<T>(db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (trx) => {
    await takeTime(trx);
    return work(trx);
  }, SNAPSHOT);
}

/** Such a state for who reads as he is asked to, and rolls the transaction back when he is done. */
export async function beginSnapshot(db: Knex): Promise<Knex.Transaction> {
  const trx = await openTransaction(db, SNAPSHOT);
  await takeTime(trx);
  return trx;
}

async function takeTime(trx: Knex.Transaction): Promise<void> {
  await trx.raw('SET LOCAL idle_in_transaction_session_timeout = 0');
}
