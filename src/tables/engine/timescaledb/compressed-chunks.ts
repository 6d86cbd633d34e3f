import { MINUTE_MS } from '../../../core/minute.js';
import type { MinuteRange } from '../../../core/range.js';
import type { Db, Store } from '../../../database/store.js';
import { inTransaction } from '../../../database/transaction.js';
import { RECURSION_REACH } from '../../../indicators/indicator.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { hasTimescale } from './timescale-state.js';

/** A chunk of TimescaleDB all of whose rows are compressed. */
interface CompressedChunk {
  /** Its range of time, as the database prints it. */
  from: string;
  to: string;
}

/**
 * Opens the compressed chunks of ranges for writing: those that are compressed as a whole become partly compressed.
 *
 * The first write to a compressed chunk marks the chunk, and the mark is locked until the transaction ends: two
 * transactions that write to several chunks, each in another order, end in a deadlock. Here each chunk is marked in a
 * transaction of its own, in the order of time. Later writes to it lock nothing but their rows, and decompress only the
 * batches of their symbol that they touch, until the policy compresses the chunk again.
 *
 * Call it before the transactions that write. `ranges` are in order; what lies between them is opened, too.
 */
export async function openCompressedChunks(store: Store, ranges: readonly MinuteRange[] | 'all'): Promise<void> {
  if (ranges.length === 0 || !(await hasTimescale(store))) return;
  for (const chunk of await findCompressedChunks(store.knex, ranges)) {
    await inTransaction(store, (trx) => mark(trx, chunk));
  }
}

/** A write changes indicators of later rows, too. */
const REACH_MS = (RECURSION_REACH + 1) * MINUTE_MS;

/** The status of a chunk whose rows are all compressed. */
const WHOLLY_COMPRESSED = 1;

async function findCompressedChunks(db: Db, ranges: readonly MinuteRange[] | 'all'): Promise<CompressedChunk[]> {
  const [from, to] =
    ranges === 'all' ? ['-infinity', 'infinity'] : [new Date(ranges[0]!.from), new Date(ranges.at(-1)!.to + REACH_MS)];
  const { rows } = await db.raw<{ rows: CompressedChunk[] }>(
    `SELECT i.range_start::text AS from, i.range_end::text AS to
     FROM timescaledb_information.chunks i
     JOIN _timescaledb_catalog.chunk c ON c.schema_name = i.chunk_schema AND c.table_name = i.chunk_name
     WHERE to_regclass(format('%I.%I', i.hypertable_schema, i.hypertable_name)) = to_regclass('${CHART_TABLE}')
       AND i.is_compressed AND c.status = ${WHOLLY_COMPRESSED}
       AND i.range_start < ?::timestamptz AND i.range_end > ?::timestamptz
     ORDER BY i.range_start, i.chunk_name`,
    [to, from],
  );
  return rows;
}

/** Decompresses one batch of rows, whose update changes none: the condition is false for every row. */
async function mark(trx: Db, { from, to }: CompressedChunk): Promise<void> {
  const { rows } = await trx.raw<{ rows: { symbol: string; time: string }[] }>(
    `SELECT symbol, timestamp::text AS time FROM ${CHART_TABLE}
     WHERE timestamp >= ?::timestamptz AND timestamp < ?::timestamptz LIMIT 1`,
    [from, to],
  );
  const [row] = rows;
  if (!row) return;
  await trx.raw(
    `UPDATE ${CHART_TABLE} SET iscomplete = iscomplete
     WHERE symbol = ? AND timestamp = ?::timestamptz AND iscomplete IS DISTINCT FROM iscomplete`,
    [row.symbol, row.time],
  );
}
