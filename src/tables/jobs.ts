import { hostname } from 'node:os';
import process from 'node:process';
import { VERSION } from '../core/version.js';
import { readStatementTime } from '../database/server-facts.js';
import type { Db } from '../database/store.js';
import { findRunningJobs } from './running-jobs.js';

/** One row for each execution of a command that may write. */
export const JOBS_TABLE = 'chartctl_jobs';

export type JobOutcome = 'done' | 'incomplete' | 'failed' | 'locked' | 'temporary' | 'interrupted';

const DIED_ERROR = 'its process died without reporting a result';

/**
 * Inserts a running job, started at the database's time, and returns its ID.
 *
 * Other jobs of this command and of these symbols that are recorded as running have died, because this job holds their
 * locks. They are recorded as died.
 */
export async function startJob(
  db: Db,
  job: { command: string; arguments: Record<string, unknown>; symbols: readonly string[] },
): Promise<number> {
  const symbols = [...job.symbols];
  const host = hostname();
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `WITH dead AS (
       UPDATE ${JOBS_TABLE} SET outcome = 'died', error = ?
       WHERE outcome = 'running' AND command = ? AND symbols && ?::text[]
         AND NOT (host = ? AND pid = ? AND started_at >= ?))
     INSERT INTO ${JOBS_TABLE} (command, arguments, symbols, host, pid, version, started_at, outcome)
     VALUES (?, ?::jsonb, ?::text[], ?, ?, ?, clock_timestamp(), 'running') RETURNING id`,
    [
      ...[DIED_ERROR, job.command, symbols, host, process.pid, new Date(performance.timeOrigin)],
      ...[job.command, JSON.stringify(job.arguments), symbols, host, process.pid, VERSION],
    ],
  );
  return Number(rows[0]!.id);
}

/** Records the result of a job. */
export async function finishJob(
  db: Db,
  id: number,
  end: { outcome: JobOutcome; exitCode: number; counts: Record<string, number>; error?: string | undefined },
): Promise<void> {
  await db.raw(
    `UPDATE ${JOBS_TABLE} SET finished_at = ?::timestamptz, outcome = ?, exit_code = ?, counts = ?::jsonb, error = ? WHERE id = ?`,
    [await readStatementTime(db), end.outcome, end.exitCode, JSON.stringify(end.counts), end.error ?? null, id],
  );
}

/** One execution of a command. */
export interface StoredJob {
  id: number;
  command: string;
  arguments: Record<string, unknown>;
  symbols: string[];
  host: string | null;
  pid: number | null;
  startedAt: Date;
  finishedAt: Date | null;
  outcome: string;
  exitCode: number | null;
  counts: Record<string, number>;
  error: string | null;
}

interface JobRecord {
  id: string;
  command: string;
  arguments: Record<string, unknown> | null;
  symbols: string[] | null;
  host: string | null;
  pid: number | null;
  started_at: Date;
  finished_at: Date | null;
  outcome: string;
  exit_code: number | null;
  counts: Record<string, number> | null;
  error: string | null;
}

/** The job with this ID; null when there is none. */
export async function findJob(db: Db, id: number): Promise<StoredJob | null> {
  const found = await db(JOBS_TABLE).where({ id }).first<JobRecord | undefined>('*');
  return found ? toStoredJob(found) : null;
}

interface JobFilter {
  limit: number;
  command?: string | undefined;
  symbol?: string | undefined;
  /** Leaves out the jobs of this command with outcome `done`. */
  exceptDone?: string | undefined;
  /** The jobs as they were at this time: those that started later are left out, and those that ended later were running. */
  until?: Date | undefined;
}

/** The last jobs, newest first. Jobs that do not run any more, although they are recorded as running, are `died`. */
export async function findJobs(db: Db, { limit, command, symbol, exceptDone, until }: JobFilter): Promise<StoredJob[]> {
  const query = db(JOBS_TABLE).orderBy('id', 'desc').limit(limit);
  if (command) query.where({ command });
  if (symbol) query.whereRaw('? = ANY(symbols)', [symbol]);
  if (until) query.where('started_at', '<=', until);
  if (exceptDone) {
    const ended = until ? 'AND finished_at <= ?' : '';
    query.whereRaw(`NOT (command = ? AND outcome = 'done' ${ended})`, [exceptDone, ...(until ? [until] : [])]);
  }
  const jobs = await markDead(db, (await query.select<JobRecord[]>('*')).map(toStoredJob));
  return until ? jobs.map((job) => asItWas(job, until)) : jobs;
}

function asItWas(job: StoredJob, until: Date): StoredJob {
  if (!job.finishedAt || job.finishedAt <= until) return job;
  return { ...job, finishedAt: null, outcome: 'running', exitCode: null, counts: {}, error: null };
}

/** Sets the outcome of jobs that are recorded as running and do not run to `died`. */
async function markDead(db: Db, jobs: readonly StoredJob[]): Promise<StoredJob[]> {
  const isRecordedAsRunning = ({ outcome }: StoredJob) => outcome === 'running';
  const running = await findRunningJobs(db, jobs.filter(isRecordedAsRunning));
  return jobs.map((job) => (isRecordedAsRunning(job) && !running.has(job) ? { ...job, outcome: 'died' } : job));
}

function toStoredJob(record: JobRecord): StoredJob {
  return {
    id: Number(record.id),
    command: record.command,
    arguments: record.arguments ?? {},
    symbols: record.symbols ?? [],
    host: record.host,
    pid: record.pid,
    startedAt: record.started_at,
    finishedAt: record.finished_at,
    outcome: record.outcome,
    exitCode: record.exit_code,
    counts: record.counts ?? {},
    error: record.error,
  };
}
