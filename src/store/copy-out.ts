import type { Knex } from 'knex';
import type { PostgresDialect } from './postgres-dialect.js';

/**
 * Runs `COPY (...) TO STDOUT` on the transaction's own connection and answers all it gave: the rows in the statement's
 * format. Ask for a bounded number of rows, for they are all in memory at once.
 *
 * @param bindings stand for the question marks of the statement; COPY takes no parameters, so they become literals
 */
export async function copyOut(
  trx: Knex.Transaction,
  copyStatement: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<Buffer> {
  const client = trx.client as PostgresDialect;
  const slot = await client.acquireConnection();
  return slot.copyOut(trx.raw(copyStatement, bindings).toQuery());
}
