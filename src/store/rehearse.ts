import type { Transaction } from './handles.js';
import type { Store } from './store.js';

/** Runs `work` in a transaction that is always rolled back: what it answers is what it would have done. */
export async function rehearse<T>(store: Store, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const trx = await store.knex.transaction();
  try {
    return await work(trx);
  } finally {
    await trx.rollback();
  }
}
