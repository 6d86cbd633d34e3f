import { toTimestampText } from './format/text-format.js';
import type { Knex } from 'knex';
import type { CopyChunks, CopyRowHandler } from './connection/driver-copy.js';
import type { KnexDialect } from './connection/knex-dialect.js';
import type { PostgresConnection } from './connection/postgres-connection.js';
import type { Transaction } from './store.js';

/**
 * Runs `COPY ... FROM STDIN` on the transaction's own connection, so that it commits and rolls back with the rest.
 *
 * @param chunks rows in the statement's format, cut anywhere
 * @throws the server's error; as after any failed statement, the transaction has to be rolled back
 */
export async function copyIn(trx: Transaction, copyStatement: string, chunks: CopyChunks): Promise<void> {
  const connection = await connectionOf(trx);
  await connection.copyIn(copyStatement, chunks);
}

/**
 * Runs `COPY (...) TO STDOUT` on the transaction's own connection and returns all rows in the statement's format. For
 * a bounded number of rows, because all of them are in memory at once.
 *
 * @param bindings values of the statement's question marks; COPY takes no parameters, so they become literals
 */
export async function copyOut(
  trx: Transaction,
  copyStatement: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<Buffer> {
  const rows: Buffer[] = [];
  await copyOutRows(trx, copyStatement, bindings, (bytes, start, end) => rows.push(bytes.subarray(start, end)));
  return Buffer.concat(rows);
}

/**
 * The same, row by row as they arrive. `onRow` is called synchronously; there is no backpressure.
 *
 * In the binary format the header precedes the first row in the same call, and the trailer is a call of its own.
 */
export async function copyOutRows(
  trx: Transaction,
  copyStatement: string,
  bindings: readonly Knex.RawBinding[],
  onRow: CopyRowHandler,
): Promise<void> {
  const connection = await connectionOf(trx);
  // Knex writes a Date as local time without a zone, which the server reads in its own
  const texts = bindings.map((value) => (value instanceof Date ? toTimestampText(value) : value));
  await connection.copyOut(trx.raw(copyStatement, texts).toQuery(), onRow);
}

function connectionOf(trx: Transaction): Promise<PostgresConnection> {
  return (trx.client as KnexDialect).acquireConnection();
}
