import { floorMinute, type Minute, MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral } from '../database/format/text-format.js';
import type { Db, Transaction } from '../database/store.js';
import { CHANGES_TABLE, INSERTS_TABLE, insertedMinutesSql } from './changes.js';
import { CHART_TABLE } from './rolling-chart-data/columns.js';

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
  const changes = await findGroups(db, { symbol, limit }, CHANGE_GROUPS);
  const inserts = await findGroups(db, { symbol, limit }, INSERT_GROUPS);
  const entries = [...changes, ...inserts].sort((a, b) => b.seconds - a.seconds || b.jobId - a.jobId).slice(0, limit);
  const commands = await findCommands(db, entries);
  return entries.map(({ jobId, symbol: of, action, reason, rows, first, last, at }) => {
    return { jobId, symbol: of, action, reason, rows, first, last, at, command: commands.get(jobId) ?? null };
  });
}

/** What a table says of the rows of a symbol that a job changed for one reason. */
interface GroupQuery {
  table: string;
  columns: string;
  at: string;
  groupBy: string;
}

const CHANGE_GROUPS: GroupQuery = {
  table: CHANGES_TABLE,
  columns: 'action, reason, count(*) AS rows, min(timestamp) AS first, max(timestamp) AS last',
  at: 'max(changed_at)',
  groupBy: 'job_id, symbol, action, reason',
};

const INSERT_GROUPS: GroupQuery = {
  table: INSERTS_TABLE,
  columns: `'insert' AS action, NULL AS reason, sum(extract(epoch FROM to_time - from_time) / 60)::bigint AS rows,
    min(from_time) AS first, max(to_time) - interval '1 minute' AS last`,
  at: 'max(inserted_at)',
  groupBy: 'job_id, symbol',
};

async function findGroups(
  db: Db,
  { symbol, limit }: { symbol?: string | undefined; limit: number },
  { table, columns, at, groupBy }: GroupQuery,
): Promise<(Omit<HistoryEntry, 'command'> & { seconds: number })[]> {
  const { rows } = await db.raw<{
    rows: {
      job_id: string;
      symbol: string;
      action: string;
      reason: string | null;
      rows: string;
      first: Date;
      last: Date;
      at: Date;
      seconds: number;
    }[];
  }>(
    `SELECT job_id, symbol, ${columns}, ${at} AS at, extract(epoch FROM ${at})::float8 AS seconds FROM ${table} ${symbol === undefined ? '' : 'WHERE symbol = ?'}
     GROUP BY ${groupBy} ORDER BY at DESC, job_id DESC LIMIT ?`,
    symbol === undefined ? [limit] : [symbol, limit],
  );
  return rows.map(({ job_id, ...row }) => ({
    ...row,
    jobId: Number(job_id),
    rows: Number(row.rows),
    first: row.first.getTime(),
    last: row.last.getTime(),
  }));
}

/** The commands of the jobs; jobs whose record was removed are left out. */
async function findCommands(db: Db, entries: readonly { jobId: number }[]): Promise<Map<number, string>> {
  if (entries.length === 0) return new Map();
  const ids = [...new Set(entries.map(({ jobId }) => jobId))];
  const { rows } = await db.raw<{ rows: { id: string; command: string }[] }>(
    'SELECT id, command FROM chartctl_jobs WHERE id = ANY(?::bigint[])',
    [ids],
  );
  return new Map(rows.map(({ id, command }) => [Number(id), command]));
}

/**
 * From the first to the last minute of a symbol that each of these jobs inserted or changed, by job. A row of which only
 * indicators changed does not count: jobs that changed no candle and no flag are left out.
 */
export async function findChangedRanges(
  db: Db,
  symbol: string,
  jobIds: readonly number[],
): Promise<Map<number, MinuteRange>> {
  if (jobIds.length === 0) return new Map();
  const jobs = [symbol, toArrayLiteral(jobIds)];
  const { rows } = await db.raw<{ rows: { job_id: string; first: Date; last: Date }[] }>(
    `SELECT job_id, min(first) AS first, max(last) AS last FROM (
       SELECT job_id, min(timestamp) AS first, max(timestamp) AS last FROM ${CHANGES_TABLE}
       WHERE symbol = ? AND job_id = ANY(?::bigint[]) AND action <> 'rebuild' GROUP BY job_id
       UNION ALL
       SELECT job_id, min(from_time), max(to_time) - interval '1 minute' FROM ${INSERTS_TABLE}
       WHERE symbol = ? AND job_id = ANY(?::bigint[]) GROUP BY job_id) c
     GROUP BY job_id`,
    [...jobs, ...jobs],
  );
  return new Map(
    rows.map(({ job_id, first, last }) => [
      Number(job_id),
      { from: floorMinute(first.getTime()), to: floorMinute(last.getTime()) + MINUTE_MS },
    ]),
  );
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
  const { rows } = await trx.raw<{ rows: (Omit<RowEvent, 'jobId' | 'command'> & { job_id: string })[] }>(
    `SELECT h.job_id, h.timestamp::text AS time, h.action, h.reason, h.at, h.before FROM (
       SELECT job_id, timestamp, action, reason, changed_at AS at, sequence, before FROM ${CHANGES_TABLE}
       WHERE symbol = ? AND timestamp >= ? AND timestamp < ?
       UNION ALL
       SELECT job_id, minute, 'insert', NULL, inserted_at, 0, NULL
       FROM (${insertedMinutesSql('symbol = ? AND to_time > ? AND from_time < ?')}) i
       WHERE symbol = ? AND minute >= ? AND minute < ?) h
     ORDER BY h.at, h.sequence, h.timestamp`,
    [...bounds, ...bounds, ...bounds],
  );
  const events = rows.map(({ job_id, ...event }) => ({ ...event, jobId: Number(job_id) }));
  const commands = await findCommands(trx, events);
  return events.map((event) => ({ ...event, command: commands.get(event.jobId) ?? null }));
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
