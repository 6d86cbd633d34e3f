import type { Minute } from '../core/minute.js';
import { hullOf, type MinuteRange } from '../core/range.js';
import { toArrayLiteral, toTimestampArrayLiteral, toTimestampText } from '../database/format/text-format.js';
import { readStatementTime } from '../database/server-facts.js';
import type { Transaction } from '../database/store.js';
import { CHART_TABLE } from './rolling-chart-data/columns.js';
import { findUndos } from './undos.js';

export const CHANGES_TABLE = 'chartctl_changes';
export const INSERTS_TABLE = 'chartctl_inserts';

/** The inserted rows that meet a condition on `chartctl_inserts`, one for each minute. */
export const insertedMinutesSql = (condition: string) => `
  SELECT symbol, job_id, inserted_at, generate_series(from_time, to_time - interval '1 minute', interval '1 minute') AS minute
  FROM ${INSERTS_TABLE} WHERE ${condition}`;

/** What a job does to a stored row. */
export type ChangeAction = 'replace' | 'confirm' | 'delete' | 'move' | 'flag' | 'unflag' | 'rebuild';

/** A change of stored rows by a job. */
export interface Change {
  symbol: string;
  jobId: number;
  action: ChangeAction;
  reason: string;
}

/**
 * Joins to each row `r` of a range its records in `chartctl_flags`, as one value `f.flags`; null without any. Parameters:
 * symbol, first and last timestamp.
 *
 * One index look-up a row. A join with the grouped records of the whole range would be planned as a nested loop where the
 * tables have no statistics yet, as always in the embedded database: it would read the range once for each row.
 */
export const JOIN_FLAGS_SQL = `
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(g)) AS flags FROM chartctl_flags g
    WHERE g.symbol = ? AND g.timestamp >= ? AND g.timestamp <= ? AND g.timestamp = r.timestamp) f ON true`;

/** Copies rows with all their columns, the platform's own included, to the audit log. Call it before changing them. */
export async function recordChanges(trx: Transaction, change: Change, minutes: readonly Minute[]): Promise<void> {
  const ordered = [...minutes].sort((a, b) => a - b);
  await recordTimes(
    trx,
    change,
    ordered.map((minute) => toTimestampText(new Date(minute))),
  );
}

/** `recordChanges` for timestamps that are not whole minutes, as the database prints them, in order. */
export async function recordTimes(trx: Transaction, change: Change, times: readonly string[]): Promise<void> {
  if (times.length === 0) return;
  const { symbol, jobId, action, reason } = change;
  const bounds = [symbol, times[0]!, times.at(-1)!];
  await trx.raw(
    `INSERT INTO ${CHANGES_TABLE} (symbol, timestamp, job_id, sequence, action, reason, before, flags_before, changed_at)
     SELECT r.symbol, r.timestamp, ?, row_number() OVER (ORDER BY r.timestamp), ?, ?, to_jsonb(r), f.flags, ?::timestamptz
     FROM ${CHART_TABLE} r ${JOIN_FLAGS_SQL}
     WHERE r.symbol = ? AND r.timestamp >= ? AND r.timestamp <= ? AND r.timestamp = ANY(?::timestamptz[])`,
    [jobId, action, reason, await readStatementTime(trx), ...bounds, ...bounds, toArrayLiteral([...times])],
  );
}

/** Records the minutes of a symbol at which a job inserts a row. */
export async function recordInserts(
  trx: Transaction,
  symbol: string,
  jobId: number,
  ranges: readonly MinuteRange[],
): Promise<void> {
  await recordAllInserts(
    trx,
    jobId,
    ranges.map((range) => ({ symbol, range })),
  );
}

/** `recordInserts` for several symbols. */
export async function recordAllInserts(
  trx: Transaction,
  jobId: number,
  inserted: readonly { symbol: string; range: MinuteRange }[],
): Promise<void> {
  if (inserted.length === 0) return;
  await trx.raw(
    `INSERT INTO ${INSERTS_TABLE} (symbol, from_time, to_time, job_id, inserted_at)
     SELECT v.symbol, v.from_time, v.to_time, ?::bigint, ?::timestamptz
     FROM unnest(?::text[], ?::timestamptz[], ?::timestamptz[]) AS v(symbol, from_time, to_time)`,
    [
      jobId,
      await readStatementTime(trx),
      toArrayLiteral(inserted.map(({ symbol }) => symbol)),
      toTimestampArrayLiteral(inserted.map(({ range }) => range.from)),
      toTimestampArrayLiteral(inserted.map(({ range }) => range.to)),
    ],
  );
}

/** Of these minutes, those whose rows have no entry of a rebuild in the audit log; undone entries do not count. */
export async function findUnlogged(trx: Transaction, symbol: string, minutes: readonly Minute[]): Promise<Minute[]> {
  if (minutes.length === 0) return [];
  const hull = hullOf(minutes);
  const { rows: logged } = await trx.raw<{ rows: { timestamp: Date; job_id: string }[] }>(
    `SELECT timestamp, job_id FROM ${CHANGES_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND timestamp = ANY(?::timestamptz[]) AND action = 'rebuild'`,
    [symbol, new Date(hull.from), new Date(hull.to), toTimestampArrayLiteral(minutes)],
  );
  if (logged.length === 0) return [...minutes];
  const undos = (await findUndos(trx)).filter(({ isWhole, symbols }) => isWhole || symbols.includes(symbol));
  const undone = new Set(undos.map(({ undoes }) => undoes));
  const known = new Set(
    logged.filter(({ job_id }) => !undone.has(Number(job_id))).map(({ timestamp }) => timestamp.getTime()),
  );
  return minutes.filter((minute) => !known.has(minute));
}

/** Deletes the entries of the audit log before a time and returns their number. */
export async function pruneHistory(trx: Transaction, symbol: string, before: Date): Promise<number> {
  const changes = await trx(CHANGES_TABLE).where({ symbol }).andWhere('changed_at', '<', before).delete();
  const inserts = await trx(INSERTS_TABLE).where({ symbol }).andWhere('inserted_at', '<', before).delete();
  return changes + inserts;
}
