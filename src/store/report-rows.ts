import type { Knex } from 'knex';
import type { FlagRecord } from '../core/flag-record.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { CHART_TABLE, ON_MINUTE_SQL } from './chart-columns.js';

/** The flags on rows of a range, open and settled, ordered by time. */
export async function findFlagsIn(db: Knex, symbol: string, range: MinuteRange): Promise<FlagRecord[]> {
  const bounds = [symbol, new Date(range.from), new Date(range.to)];
  const { rows } = await db.raw<{
    rows: (Omit<FlagRecord, 'minute' | 'isKept'> & { timestamp: Date; kept: boolean })[];
  }>(
    `SELECT timestamp, rule, value, threshold, state, kept, reason FROM chartctl_flags
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ?
     UNION ALL
     SELECT timestamp, 'external', NULL, NULL, 'open', false, 'hasMissingData was set outside chartctl'
     FROM ${CHART_TABLE} r WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND hasmissingdata AND ${ON_MINUTE_SQL}
       AND NOT EXISTS (SELECT 1 FROM chartctl_flags f
         WHERE f.symbol = ? AND f.timestamp = r.timestamp AND (f.state = 'open' OR f.kept))
     ORDER BY 1, 2`,
    [...bounds, ...bounds, symbol],
  );
  return rows.map(({ timestamp, kept, ...flag }) => ({ ...flag, minute: timestamp.getTime(), isKept: kept }));
}

/** Runs of one command over a symbol. */
export interface CountedRuns {
  command: string;
  runs: number;
  /** Runs that did not end as done. */
  troubled: number;
  lastStartedAt: number;
}

/** How often each command ran over a symbol, the last one first. */
export async function countRuns(db: Knex, symbol: string): Promise<CountedRuns[]> {
  const { rows } = await db.raw<{ rows: { command: string; runs: string; troubled: string; last: Date }[] }>(
    `SELECT command, count(*) AS runs, count(*) FILTER (WHERE outcome <> 'done') AS troubled, max(started_at) AS last
     FROM chartctl_jobs WHERE ? = ANY(symbols) GROUP BY command ORDER BY max(id) DESC`,
    [symbol],
  );
  return rows.map(({ command, runs, troubled, last }) => {
    return { command, runs: Number(runs), troubled: Number(troubled), lastStartedAt: last.getTime() };
  });
}

/** A training mark or an export, as it is remembered. */
export interface StoredTraining {
  jobId: number | null;
  kind: string;
  trainedAt: number;
  from: Minute | null;
  to: Minute | null;
  rows: number | null;
  file: string | null;
  sha256: string | null;
}

/** The last trainings and exports of a symbol, newest first. */
export async function findTrainings(db: Knex, symbol: string, limit: number): Promise<StoredTraining[]> {
  const { rows } = await db.raw<{
    rows: (Pick<StoredTraining, 'kind' | 'file' | 'sha256'> & {
      job_id: string | null;
      trained_at: Date;
      from_time: Date | null;
      to_time: Date | null;
      rows: string | null;
    })[];
  }>(
    `SELECT job_id, kind, trained_at, from_time, to_time, rows, file, sha256 FROM chartctl_trainings
     WHERE symbol = ? ORDER BY trained_at DESC, job_id DESC LIMIT ?`,
    [symbol, limit],
  );
  return rows.map(({ job_id, trained_at, from_time, to_time, rows: count, kind, file, sha256 }) => ({
    jobId: job_id === null ? null : Number(job_id),
    kind,
    trainedAt: trained_at.getTime(),
    from: from_time?.getTime() ?? null,
    to: to_time?.getTime() ?? null,
    rows: count === null ? null : Number(count),
    file,
    sha256,
  }));
}
