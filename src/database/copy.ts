import type { Knex } from 'knex';
import type { CopyRowHandler } from './connection/driver-copy.js';
import type { KnexDialect } from './connection/knex-dialect.js';

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
  const client = trx.client as KnexDialect;
  const slot = await client.acquireConnection();
  await slot.copyIn(copyStatement, chunks);
}

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
  const rows: Buffer[] = [];
  await copyOutRows(trx, copyStatement, bindings, (bytes, start, end) => rows.push(bytes.subarray(start, end)));
  return Buffer.concat(rows);
}

/**
 * The same, row by row as they come: `take` is called at once for each and cannot make the server wait.
 *
 * In the binary format the first row has the header before it, and after the last one comes the trailer.
 */
export async function copyOutRows(
  trx: Knex.Transaction,
  copyStatement: string,
  bindings: readonly Knex.RawBinding[],
  take: CopyRowHandler,
): Promise<void> {
  const client = trx.client as KnexDialect;
  const slot = await client.acquireConnection();
  await slot.copyOut(trx.raw(copyStatement, bindings).toQuery(), take);
}
