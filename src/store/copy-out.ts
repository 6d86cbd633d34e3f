import type { Knex } from 'knex';
import type { TakeRow } from './connection/copy-row-filter.js';
import type { PostgresDialect } from './connection/postgres-dialect.js';

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
  take: TakeRow,
): Promise<void> {
  const client = trx.client as PostgresDialect;
  const slot = await client.acquireConnection();
  await slot.copyOut(trx.raw(copyStatement, bindings).toQuery(), take);
}
