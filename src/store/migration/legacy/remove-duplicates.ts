import type { Knex } from 'knex';
import { CHART_TABLE } from '../../chart-columns.js';
import { latestFirst } from './rows.js';
import type { LegacyTable } from './table.js';

/**
 * Moves all but the latest written row of each symbol and timestamp into `chartctl_changes`, whole.
 *
 * `ctid` names a row only inside one plain table: nothing but this one-time migration may use it.
 *
 * @returns how many rows were removed
 */
export async function removeDuplicates(trx: Knex, table: LegacyTable, jobId: number): Promise<number> {
  const { rows } = await trx.raw<{ rows: { removed: string }[] }>(
    `
    WITH ranked AS (
      SELECT ctid AS place, row_number() OVER (PARTITION BY symbol, timestamp ORDER BY ${latestFirst(table).sql}) AS age
      FROM ${CHART_TABLE} WHERE symbol IS NOT NULL AND timestamp IS NOT NULL
    ), removed AS (
      DELETE FROM ${CHART_TABLE} r USING ranked WHERE r.ctid = ranked.place AND ranked.age > 1
      RETURNING r.symbol, r.timestamp, ranked.age, to_jsonb(r) AS before
    ), logged AS (
      INSERT INTO chartctl_changes (symbol, timestamp, job_id, sequence, action, reason, before, changed_at)
      SELECT symbol, timestamp, ?, row_number() OVER (ORDER BY symbol, timestamp, age DESC), 'delete',
             'duplicate found by the migration: a row written later stays', before, clock_timestamp()
      FROM removed RETURNING 1
    )
    SELECT count(*) AS removed FROM logged
    `,
    [jobId],
  );
  return Number(rows[0]!.removed);
}
