import type { Knex } from 'knex';
import { CHART_TABLE } from '../../chart-columns.js';

const REASON = 'volume converted from quote to base units by the migration';

/** Rows whose volume can be converted: a typical price that is a positive number. Rows of our own are in base units. */
const CONVERTIBLE = `
  written_at IS NULL AND volume IS NOT NULL AND high + low + close > 0 AND high + low + close < 'Infinity'`;

/** Divides every volume by its candle's typical price, (high + low + close) / 3; the rows before go to `chartctl_changes`. */
export async function toBaseVolume(trx: Knex, jobId: number): Promise<void> {
  await trx.raw(
    `INSERT INTO chartctl_changes (symbol, timestamp, job_id, sequence, action, reason, before, changed_at)
     SELECT r.symbol, r.timestamp, ?, (SELECT coalesce(max(sequence), 0) FROM chartctl_changes WHERE job_id = ?)
              + row_number() OVER (ORDER BY r.symbol, r.timestamp), 'replace', ?, to_jsonb(r), clock_timestamp()
     FROM ${CHART_TABLE} r WHERE ${CONVERTIBLE}`,
    [jobId, jobId, REASON],
  );
  await trx.raw(`UPDATE ${CHART_TABLE} SET volume = volume / ((high + low + close) / 3) WHERE ${CONVERTIBLE}`);
}

/** Whether the audit tells of a conversion: it must never be done twice. */
export async function wasConverted(db: Knex): Promise<boolean> {
  const audit = await db.raw<{ rows: { name: string | null }[] }>(
    `SELECT to_regclass('chartctl_changes')::text AS name`,
  );
  if (!audit.rows[0]?.name) return false;
  const { rows } = await db.raw<{ rows: unknown[] }>(`SELECT 1 FROM chartctl_changes WHERE reason = ? LIMIT 1`, [
    REASON,
  ]);
  return rows.length > 0;
}
