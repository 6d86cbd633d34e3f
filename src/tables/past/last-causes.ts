import type { Minute } from '../../core/minute.js';
import { toArrayLiteral, toTimestampArrayLiteral } from '../../database/format/text-format.js';
import type { Transaction } from '../../database/store.js';
import { CHANGES_TABLE, INSERTS_TABLE } from '../changes.js';
import { JOBS_TABLE } from '../jobs.js';

/** Entries of the audit log later than `after` and up to `until`, times as the database prints them. */
export interface LogRange {
  after: string;
  until: string;
}

/** The last job that changed or inserted a row, and why. */
export interface Cause {
  jobId: number;
  command: string | null;
  action: string;
  reason: string | null;
}

/** The last entry of the audit log for each of these minutes of a symbol, which are ordered; some have none. */
export async function findLastCauses(
  trx: Transaction,
  symbol: string,
  minutes: readonly Minute[],
  { after, until }: LogRange,
): Promise<Map<Minute, Cause>> {
  const [first, last] = [new Date(minutes[0]!), new Date(minutes.at(-1)!)];
  const { rows: changes } = await trx.raw<{
    rows: { timestamp: Date; job_id: string; action: string; reason: string | null; changed_at: Date }[];
  }>(
    `SELECT DISTINCT ON (timestamp) timestamp, job_id, action, reason, changed_at FROM ${CHANGES_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? AND timestamp = ANY(?::timestamptz[])
       AND changed_at > ?::timestamptz AND changed_at <= ?::timestamptz
     ORDER BY timestamp, changed_at DESC, sequence DESC`,
    [symbol, first, last, toTimestampArrayLiteral(minutes), after, until],
  );
  const { rows: inserts } = await trx.raw<{
    rows: { from_time: Date; to_time: Date; job_id: string; inserted_at: Date }[];
  }>(
    `SELECT from_time, to_time, job_id, inserted_at FROM ${INSERTS_TABLE}
     WHERE symbol = ? AND to_time > ? AND from_time <= ? AND inserted_at > ?::timestamptz AND inserted_at <= ?::timestamptz
     ORDER BY inserted_at`,
    [symbol, first, last, after, until],
  );
  const found = new Map<Minute, Omit<Cause, 'command'> & { at: number }>();
  for (const { from_time, to_time, job_id, inserted_at } of inserts) {
    const cause = { jobId: Number(job_id), action: 'insert', reason: null, at: inserted_at.getTime() };
    for (const minute of within(minutes, from_time.getTime(), to_time.getTime())) found.set(minute, cause);
  }
  for (const { timestamp, job_id, action, reason, changed_at } of changes) {
    const [minute, at] = [timestamp.getTime(), changed_at.getTime()];
    if (at >= (found.get(minute)?.at ?? -Infinity)) found.set(minute, { jobId: Number(job_id), action, reason, at });
  }
  const commands = await findCommands(trx, [...new Set([...found.values()].map(({ jobId }) => jobId))]);
  return new Map(
    [...found].map(([minute, { at: _at, ...cause }]) => [
      minute,
      { ...cause, command: commands.get(cause.jobId) ?? null },
    ]),
  );
}

/** The minutes in `[from, to)`, of an ordered list. */
function within(minutes: readonly Minute[], from: Minute, to: Minute): readonly Minute[] {
  let [low, high] = [0, minutes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (minutes[middle]! < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < minutes.length && minutes[end]! < to) end += 1;
  return minutes.slice(low, end);
}

async function findCommands(trx: Transaction, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const { rows } = await trx.raw<{ rows: { id: string; command: string }[] }>(
    `SELECT id, command FROM ${JOBS_TABLE} WHERE id = ANY(?::bigint[])`,
    [toArrayLiteral(ids)],
  );
  return new Map(rows.map(({ id, command }) => [Number(id), command]));
}
