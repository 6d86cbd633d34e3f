import type { Store, Transaction } from '../../../database/store.js';
import { inTransaction } from '../../../database/transaction.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { hasTimescale } from './timescale-state.js';

/** How long to wait for sessions that use a chunk: it stays until the next time. */
const LOCK_TIMEOUT = '2s';

interface Chunk {
  /** Schema and name, quoted where needed. */
  name: string;
  from: string;
  to: string;
}

/**
 * Drops the chunks of a hypertable that end before a time and hold no row of any symbol, so that their space is free at
 * once. Their rows were removed, and recorded, before.
 *
 * @returns how many were dropped; 0 where there are no hypertables, or when this role does not own the table
 */
export async function dropEmptyChunks(store: Store, before: Date): Promise<number> {
  if (!(await hasTimescale(store))) return 0;
  const { rows } = await store.knex.raw<{ rows: Chunk[] }>(
    `SELECT format('%I.%I', chunk_schema, chunk_name) AS name, range_start::text AS from, range_end::text AS to
     FROM timescaledb_information.chunks i JOIN pg_class c ON c.oid = to_regclass('${CHART_TABLE}')
     WHERE to_regclass(format('%I.%I', hypertable_schema, hypertable_name)) = c.oid AND range_end <= ?
       AND pg_has_role(c.relowner, 'USAGE') ORDER BY range_start`,
    [before],
  );
  let dropped = 0;
  for (const chunk of rows) if (await inTransaction(store, (trx) => dropIfEmpty(trx, chunk))) dropped += 1;
  return dropped;
}

async function dropIfEmpty(trx: Transaction, chunk: Chunk): Promise<boolean> {
  if (!(await isEmpty(trx, chunk))) return false;
  await trx.raw(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    await trx.transaction((savepoint) => savepoint.raw(`LOCK TABLE ${chunk.name} IN ACCESS EXCLUSIVE MODE`));
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
  if (!(await isEmpty(trx, chunk))) return false; // a row was inserted meanwhile
  await trx.raw(`SELECT drop_chunks('${CHART_TABLE}', older_than => ?::timestamptz, newer_than => ?::timestamptz)`, [
    chunk.to,
    chunk.from,
  ]);
  return true;
}

const LOCK_NOT_AVAILABLE = '55P03';

async function isEmpty(trx: Transaction, { from, to }: Chunk): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM ${CHART_TABLE} WHERE timestamp >= ?::timestamptz AND timestamp < ?::timestamptz LIMIT 1`,
    [from, to],
  );
  return rows.length === 0;
}
