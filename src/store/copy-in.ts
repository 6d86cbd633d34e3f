import type { Knex } from 'knex';
import type { PostgresDialect } from './connection/postgres-dialect.js';

/**
 * Runs `COPY ... FROM STDIN` on the transaction's own connection, so that it commits and rolls back with the rest.
 *
 * @param chunks rows in the statement's format, cut anywhere
 * @throws the server's error, at once; the transaction is then to be rolled back like after any failed statement
 */
export async function copyIn(
  trx: Knex.Transaction,
  copyStatement: string,
  chunks: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
): Promise<void> {
  const client = trx.client as PostgresDialect;
  const slot = await client.acquireConnection();
  await slot.copyIn(copyStatement, chunks);
}
