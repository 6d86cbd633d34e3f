import type { Knex } from 'knex';

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
