import type { Transaction } from './handles.js';
import { READ_COMMITTED } from './in-transaction.js';
import { openTransaction } from './open-transaction.js';
import type { Store } from './store.js';

/** Runs `work` in a transaction that is always rolled back: what it answers is what it would have done. */
export async function rehearse<T>(store: Store, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const trx = await openTransaction(store.knex, READ_COMMITTED);
  try {
    return await work(trx);
  } finally {
    await trx.rollback();
  }
}
