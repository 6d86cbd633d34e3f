import type { Knex } from 'knex';
import { toBindingText } from './binding-text.js';
import type { PostgresDialect } from './postgres-dialect.js';

/**
 * The rows of a query in batches, on the transaction's own connection, fetched as they are consumed. Much faster than
 * Knex's stream of single rows; leaving early closes the cursor.
 *
 * @param query a Knex query or `knex.raw(...)`
 */
export async function* streamBatches<Row extends object>(
  trx: Knex.Transaction,
  query: Knex.QueryBuilder | Knex.Raw,
  batchSize: number,
): AsyncGenerator<Row[]> {
  const client = trx.client as PostgresDialect;
  const slot = await client.acquireConnection();
  const { sql, bindings } = query.toSQL().toNative();
  yield* slot.stream(sql, bindings.map(toBindingText), batchSize) as AsyncGenerator<Row[]>;
}
