import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral, toTimestampArrayLiteral, toTimestampText } from '../database/format/text-format.js';
import type { Db, Transaction } from '../database/store.js';
import { CHART_TABLE } from './rolling-chart-data/columns.js';

const CHANGES_TABLE = 'chartctl_changes';
const INSERTS_TABLE = 'chartctl_inserts';

/** What a job does to a stored row. */
export type ChangeAction = 'replace' | 'confirm' | 'delete' | 'move' | 'flag' | 'unflag' | 'rebuild';

/** A change of stored rows by a job. */
export interface Change {
  symbol: string;
  jobId: number;
  action: ChangeAction;
  reason: string;
}

/** Copies rows with all their columns, the platform's own included, to the audit log. Call it before changing them. */
export async function recordChanges(trx: Transaction, change: Change, minutes: readonly Minute[]): Promise<void> {
  await recordTimes(
    trx,
    change,
    minutes.map((minute) => toTimestampText(new Date(minute))),
  );
}

/** `recordChanges` for timestamps that are not whole minutes, as the database prints them. */
export async function recordTimes(trx: Transaction, change: Change, times: readonly string[]): Promise<void> {
  if (times.length === 0) return;
  await trx.raw(
    `INSERT INTO ${CHANGES_TABLE} (symbol, timestamp, job_id, sequence, action, reason, before, flags_before, changed_at)
     SELECT r.symbol, r.timestamp, ?, row_number() OVER (ORDER BY r.timestamp), ?, ?, to_jsonb(r),
       (SELECT jsonb_agg(to_jsonb(f)) FROM chartctl_flags f WHERE f.symbol = ? AND f.timestamp = r.timestamp), clock_timestamp()
     FROM ${CHART_TABLE} r WHERE r.symbol = ? AND r.timestamp = ANY(?::timestamptz[])`,
    [change.jobId, change.action, change.reason, change.symbol, change.symbol, toArrayLiteral([...times])],
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
     SELECT v.symbol, v.from_time, v.to_time, ?::bigint, clock_timestamp()
     FROM unnest(?::text[], ?::timestamptz[], ?::timestamptz[]) AS v(symbol, from_time, to_time)`,
    [
      jobId,
      toArrayLiteral(inserted.map(({ symbol }) => symbol)),
      toTimestampArrayLiteral(inserted.map(({ range }) => range.from)),
      toTimestampArrayLiteral(inserted.map(({ range }) => range.to)),
    ],
  );
}

/** Of these minutes, those whose rows have no entry of a rebuild in the audit log; undone entries do not count. */
export async function findUnlogged(trx: Transaction, symbol: string, minutes: readonly Minute[]): Promise<Minute[]> {
  if (minutes.length === 0) return [];
  const logged = await trx(CHANGES_TABLE)
    .where({ symbol, action: 'rebuild' })
    .andWhereRaw('timestamp = ANY(?::timestamptz[])', [toTimestampArrayLiteral(minutes)])
    .andWhereRaw(
      `job_id NOT IN (SELECT (arguments->>'undoes')::bigint FROM chartctl_jobs WHERE command = 'undo'
         AND (exit_code = 0 OR EXISTS (SELECT FROM ${CHANGES_TABLE} c WHERE c.job_id = id AND c.symbol = ?)))`,
      [symbol],
    )
    .select<{ timestamp: Date }[]>('timestamp');
  const known = new Set(logged.map((record) => record.timestamp.getTime()));
  return minutes.filter((minute) => !known.has(minute));
}

/** A row in the audit log: the table's columns by name, the platform's own included. */
export type RowImage = Record<string, unknown>;

/** The rows of a symbol that a job changed for one reason. */
export interface HistoryEntry {
  jobId: number;
  command: string | null;
  symbol: string;
  action: string;
  reason: string | null;
  rows: number;
  first: Minute;
  last: Minute;
  at: Date;
}

/** The last entries of the audit log, newest first; of one symbol if given. */
export async function findHistory(
  db: Db,
  { symbol, limit }: { symbol?: string | undefined; limit: number },
): Promise<HistoryEntry[]> {
  const { rows } = await db.raw<{
    rows: {
      job_id: string;
      command: string | null;
      symbol: string;
      action: string;
      reason: string | null;
      rows: string;
      first: Date;
      last: Date;
      at: Date;
    }[];
  }>(
    `SELECT h.*, j.command FROM (
       SELECT job_id, symbol, action, reason, count(*) AS rows, min(timestamp) AS first, max(timestamp) AS last, max(changed_at) AS at
       FROM ${CHANGES_TABLE} WHERE symbol = coalesce(?, symbol) GROUP BY job_id, symbol, action, reason
       UNION ALL
       SELECT job_id, symbol, 'insert', NULL, sum(extract(epoch FROM to_time - from_time) / 60)::bigint,
         min(from_time), max(to_time) - interval '1 minute', max(inserted_at)
       FROM ${INSERTS_TABLE} WHERE symbol = coalesce(?, symbol) GROUP BY job_id, symbol) h
     LEFT JOIN chartctl_jobs j ON j.id = h.job_id ORDER BY h.at DESC, h.job_id DESC LIMIT ?`,
    [symbol ?? null, symbol ?? null, limit],
  );
  return rows.map((row) => ({
    ...row,
    jobId: Number(row.job_id),
    rows: Number(row.rows),
    first: row.first.getTime(),
    last: row.last.getTime(),
  }));
}

/** One change of one row. */
export interface RowEvent {
  jobId: number;
  command: string | null;
  /** The timestamp as the database prints it: it may not be a whole minute. */
  time: string;
  action: string;
  reason: string | null;
  at: Date;
  /** The row before the change; null when there was none. */
  before: RowImage | null;
}

/** Every change of the rows of a range, oldest first. */
export async function findRowEvents(trx: Transaction, symbol: string, range: MinuteRange): Promise<RowEvent[]> {
  const bounds = [symbol, new Date(range.from), new Date(range.to)];
  const { rows } = await trx.raw<{ rows: (Omit<RowEvent, 'jobId'> & { job_id: string })[] }>(
    `SELECT h.job_id, h.timestamp::text AS time, h.action, h.reason, h.at, h.before, j.command FROM (
       SELECT job_id, timestamp, action, reason, changed_at AS at, sequence, before FROM ${CHANGES_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ?
       UNION ALL
       SELECT job_id, t, 'insert', NULL, inserted_at, 0, NULL FROM ${INSERTS_TABLE},
         LATERAL generate_series(from_time, to_time - interval '1 minute', interval '1 minute') AS t
       WHERE symbol = ? AND t >= ? AND t < ?) h
     LEFT JOIN chartctl_jobs j ON j.id = h.job_id ORDER BY h.at, h.sequence, h.timestamp`,
    [...bounds, ...bounds],
  );
  return rows.map(({ job_id, ...event }) => ({ ...event, jobId: Number(job_id) }));
}

/** The current rows of a range, by timestamp. */
export async function findRowImages(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
): Promise<Map<string, RowImage>> {
  const { rows } = await trx.raw<{ rows: { time: string; image: RowImage }[] }>(
    `SELECT timestamp::text AS time, to_jsonb(r) AS image FROM ${CHART_TABLE} r
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(rows.map(({ time, image }) => [time, image]));
}

/** Deletes the entries of the audit log before a time and returns their number. */
export async function pruneHistory(trx: Transaction, symbol: string, before: Date): Promise<number> {
  const changes = await trx(CHANGES_TABLE).where({ symbol }).andWhere('changed_at', '<', before).delete();
  const inserts = await trx(INSERTS_TABLE).where({ symbol }).andWhere('inserted_at', '<', before).delete();
  return changes + inserts;
}
