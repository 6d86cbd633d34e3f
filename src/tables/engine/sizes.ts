import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { readEngineState } from './plan-engine.js';

/**
 * The size in bytes of a chart table that an engine divides, and an estimate of its rows; empty for a plain table, whose
 * catalog entry has both.
 */
export async function readDividedSizes(db: Db): Promise<{ table: number; rows: number } | Record<string, never>> {
  const { current } = await readEngineState(db);
  if (current === null) return {};
  const { rows } = await db.raw<{ rows: { table: string; rows: string }[] }>(SIZES[current]);
  return { table: Number(rows[0]!.table), rows: Number(rows[0]!.rows) };
}

const SIZES = {
  citus: `SELECT citus_total_relation_size('${CHART_TABLE}') AS "table", coalesce(sum(result::bigint), 0)::bigint AS rows
    FROM run_command_on_shards('${CHART_TABLE}', $$SELECT greatest(0, reltuples)::bigint FROM pg_class WHERE oid = '%s'::regclass$$)
    WHERE success`,
  timescaledb: `SELECT hypertable_size('${CHART_TABLE}') AS "table", approximate_row_count('${CHART_TABLE}') AS rows`,
};
