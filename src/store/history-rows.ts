import type { Knex } from 'knex';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { CHART_TABLE } from './chart-columns.js';

/** A row as the audit keeps it: the table's columns by name, the platform's own included. */
export type RowImage = Record<string, unknown>;

/** What one job did to rows of a symbol, for one reason. */
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

/** The last things that jobs did to rows, newest first; of one symbol on request. */
export async function findHistory(
  db: Knex,
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
       FROM chartctl_changes WHERE symbol = coalesce(?, symbol) GROUP BY job_id, symbol, action, reason
       UNION ALL
       SELECT job_id, symbol, 'insert', NULL, sum(extract(epoch FROM to_time - from_time) / 60)::bigint,
         min(from_time), max(to_time) - interval '1 minute', max(inserted_at)
       FROM chartctl_inserts WHERE symbol = coalesce(?, symbol) GROUP BY job_id, symbol) h
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

/** One thing that a job did to one row. */
export interface RowEvent {
  jobId: number;
  command: string | null;
  /** The timestamp, as the database prints it: it may be off the minute. */
  time: string;
  action: string;
  reason: string | null;
  at: Date;
  /** The row before; null when there was none. */
  before: RowImage | null;
}

/** Everything that jobs did to the rows of a range, oldest first. */
export async function findRowEvents(db: Knex, symbol: string, range: MinuteRange): Promise<RowEvent[]> {
  const bounds = [symbol, new Date(range.from), new Date(range.to)];
  const { rows } = await db.raw<{ rows: (Omit<RowEvent, 'jobId'> & { job_id: string })[] }>(
    `SELECT h.job_id, h.timestamp::text AS time, h.action, h.reason, h.at, h.before, j.command FROM (
       SELECT job_id, timestamp, action, reason, changed_at AS at, sequence, before FROM chartctl_changes
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ?
       UNION ALL
       SELECT job_id, t, 'insert', NULL, inserted_at, 0, NULL FROM chartctl_inserts,
         LATERAL generate_series(from_time, to_time - interval '1 minute', interval '1 minute') AS t
       WHERE symbol = ? AND t >= ? AND t < ?) h
     LEFT JOIN chartctl_jobs j ON j.id = h.job_id ORDER BY h.at, h.sequence, h.timestamp`,
    [...bounds, ...bounds],
  );
  return rows.map(({ job_id, ...event }) => ({ ...event, jobId: Number(job_id) }));
}

/** The rows of a range as they stand, by their timestamps. */
export async function findRowImages(db: Knex, symbol: string, range: MinuteRange): Promise<Map<string, RowImage>> {
  const { rows } = await db.raw<{ rows: { time: string; image: RowImage }[] }>(
    `SELECT timestamp::text AS time, to_jsonb(r) AS image FROM ${CHART_TABLE} r
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(rows.map(({ time, image }) => [time, image]));
}

/** Removes what the audit says about changes before a time; answers how many records went. */
export async function pruneHistory(trx: Knex.Transaction, symbol: string, before: Date): Promise<number> {
  const changes = await trx('chartctl_changes').where({ symbol }).andWhere('changed_at', '<', before).delete();
  const inserts = await trx('chartctl_inserts').where({ symbol }).andWhere('inserted_at', '<', before).delete();
  return changes + inserts;
}
