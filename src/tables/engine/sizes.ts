import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { readEngineState } from './engine-state.js';

/**
 * The size in bytes of a chart table that an engine divides, and an estimate of its rows; empty for a plain table, whose
 * catalog entry has both.
 */
export async function readDividedSizes(db: Db): Promise<{ table: number; rows: number } | Record<string, never>> {
  const { current } = await readEngineState(db);
  if (current === null) return {};
  const { rows } = await db.raw<{ rows: { table: string; rows: string }[] }>(SIZES[current].replaceAll('?', '\\?'));
  return { table: Number(rows[0]!.table), rows: Number(rows[0]!.rows) };
}

const SIZES = {
  // one statement for each node; the functions for sizes of Citus connect once for each shard
  citus: `SELECT sum(split_part(result, ' ', 1)::numeric) AS "table", sum(split_part(result, ' ', 2)::numeric) AS rows
    FROM run_command_on_all_nodes($$SELECT concat(coalesce(sum(pg_total_relation_size(oid)), 0), ' ', coalesce(sum(greatest(0, reltuples::bigint)), 0))
      FROM pg_class WHERE relkind = 'r' AND relname ~ '^${CHART_TABLE}_[0-9]+$'$$) WHERE success`,
  timescaledb: `SELECT hypertable_size('${CHART_TABLE}') AS "table", approximate_row_count('${CHART_TABLE}') AS rows`,
};
