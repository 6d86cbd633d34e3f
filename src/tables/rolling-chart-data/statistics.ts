import type { Db } from '../../database/store.js';
import { CHART_TABLE } from './columns.js';

/** A table that has grown by less is scanned by one process anyway. */
const GROWTH_BYTES = 32 * 1024 * 1024;

/**
 * Renews the planner's statistics of the symbols and times if the table has grown by more than a tenth (and 32 MB) since
 * they were made. Autovacuum does so within a minute; until then the planner takes a large new table for some rows, and
 * reads it in one process instead of several. 60 ms for a symbol-year.
 *
 * Nothing is done if the role does not own the table, and none of it while another statement holds its lock, such as a
 * VACUUM. Tables on Citus and TimescaleDB have their rows elsewhere, so that they do not grow.
 */
export async function renewStatistics(db: Db): Promise<void> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_class
     WHERE oid = to_regclass('${CHART_TABLE}') AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
       AND pg_relation_size(oid) > relpages * 1.1 * current_setting('block_size')::int + ?`,
    [GROWTH_BYTES],
  );
  if (rows.length > 0) await db.raw(`ANALYZE (SKIP_LOCKED) ${CHART_TABLE} (symbol, timestamp)`);
}
