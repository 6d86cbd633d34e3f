import { hostname } from 'node:os';
import process from 'node:process';
import { VERSION } from '../core/version.js';
import { readStatementTime } from '../database/server-facts.js';
import type { Db } from '../database/store.js';
import { findRunningJobs, MAX_JOBS_SCANNED } from './running-jobs.js';

const JOBS_TABLE = 'chartctl_jobs';

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
}

/** The last jobs, newest first. Jobs that do not run any more, although they are recorded as running, are `died`. */
export async function findJobs(db: Db, { limit, command, symbol, exceptDone }: JobFilter): Promise<StoredJob[]> {
  const query = db(JOBS_TABLE).orderBy('id', 'desc').limit(limit);
  if (command) query.where({ command });
  if (symbol) query.whereRaw('? = ANY(symbols)', [symbol]);
  if (exceptDone) query.whereRaw(`NOT (command = ? AND outcome = 'done')`, [exceptDone]);
  return markDead(db, (await query.select<JobRecord[]>('*')).map(toStoredJob));
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

/** The last job of a command. */
export interface LastJob {
  command: string;
  id: number;
  outcome: string;
  /** Time since its start, by the database's clock. */
  ageMs: number;
  error: string | null;
}

/** A job whose process died without recording a result, such as after SIGKILL or a power failure. */
export interface DeadJob {
  id: number;
  command: string;
  ageMs: number;
}

const AGE_SQL = `(extract(epoch FROM clock_timestamp() - started_at) * 1000)::bigint AS age`;

/** The last job of each of these commands; commands without a job among the last `MAX_JOBS_SCANNED` are left out. */
export async function findLastJobs(db: Db, commands: readonly string[]): Promise<LastJob[]> {
  const { rows } = await db.raw<{
    rows: { command: string; id: string; outcome: string; age: string; error: string | null }[];
  }>(
    `SELECT DISTINCT ON (command) command, id, outcome, error, ${AGE_SQL} FROM ${JOBS_TABLE}
     WHERE id > (SELECT max(id) FROM ${JOBS_TABLE}) - ? AND command = ANY(?) ORDER BY command, id DESC`,
    [MAX_JOBS_SCANNED, [...commands]],
  );
  return rows.map(({ id, age, ...job }) => ({ ...job, id: Number(id), ageMs: Number(age) }));
}

interface RunningRecord {
  id: string;
  command: string;
  symbols: string[] | null;
  host: string | null;
  pid: number | null;
  startedAt: Date;
  age: string;
}

/** The jobs that are recorded as running and do not run, oldest first. */
export async function findDeadJobs(db: Db): Promise<DeadJob[]> {
  const { rows } = await db.raw<{ rows: RunningRecord[] }>(
    `SELECT id, command, symbols, host, pid, started_at AS "startedAt", ${AGE_SQL} FROM ${JOBS_TABLE}
     WHERE outcome = 'running' ORDER BY id`,
  );
  const jobs = rows.map(({ symbols, ...job }) => ({ ...job, symbols: symbols ?? [] }));
  const running = await findRunningJobs(db, jobs);
  return jobs
    .filter((job) => !running.has(job))
    .map(({ id, command, age }) => ({ id: Number(id), command, ageMs: Number(age) }));
}

/** When a command last succeeded; null when none of the last `MAX_JOBS_SCANNED` jobs says so. */
export async function findLastSuccess(db: Db, command: string): Promise<Date | null> {
  const { rows } = await db.raw<{ rows: { finished_at: Date | null }[] }>(
    `SELECT finished_at FROM ${JOBS_TABLE}
     WHERE command = ? AND exit_code IN (0, 10) AND id > (SELECT max(id) FROM ${JOBS_TABLE}) - ?
     ORDER BY id DESC LIMIT 1`,
    [command, MAX_JOBS_SCANNED],
  );
  return rows[0]?.finished_at ?? null;
}

/** The jobs of one command on a symbol. */
interface JobCount {
  command: string;
  runs: number;
  /** Jobs with another outcome than `done`. */
  troubled: number;
  lastStartedAt: number;
}

/** The number of jobs of each command on a symbol, the last command first. */
export async function countRuns(db: Db, symbol: string): Promise<JobCount[]> {
  const { rows } = await db.raw<{ rows: { command: string; runs: string; troubled: string; last: Date }[] }>(
    `SELECT command, count(*) AS runs, count(*) FILTER (WHERE outcome <> 'done') AS troubled, max(started_at) AS last
     FROM ${JOBS_TABLE} WHERE ? = ANY(symbols) GROUP BY command ORDER BY max(id) DESC`,
    [symbol],
  );
  return rows.map(({ command, runs, troubled, last }) => {
    return { command, runs: Number(runs), troubled: Number(troubled), lastStartedAt: last.getTime() };
  });
}

/**
 * Deletes jobs that ended before a time and returns their number.
 *
 * Jobs to which the audit log or a training refers stay, and so do the undo of such a job and the last job of each
 * command.
 */
export async function pruneJobs(db: Db, before: Date): Promise<number> {
  const { rows } = await db.raw<{ rows: { id: string; undoes: string | null }[] }>(
    `SELECT id, CASE command WHEN 'undo' THEN arguments->>'undoes' END AS undoes FROM ${JOBS_TABLE}
     WHERE outcome <> 'running' AND coalesce(finished_at, started_at) < ?
       AND id NOT IN (SELECT max(id) FROM ${JOBS_TABLE} GROUP BY command)`,
    [before],
  );
  const jobs = rows.map(({ id, undoes }) => ({ id, ids: undoes === null ? [id] : [id, undoes] }));
  const referenced = await findReferenced(db, [...new Set(jobs.flatMap(({ ids }) => ids))]);
  const gone = jobs.filter(({ ids }) => !ids.some((id) => referenced.has(id))).map(({ id }) => id);
  if (gone.length === 0) return 0;
  const deleted = await db.raw<{ rows: unknown[] }>(
    `DELETE FROM ${JOBS_TABLE} WHERE id = ANY(?::bigint[]) RETURNING id`,
    [gone],
  );
  return deleted.rows.length;
}

/** Which of these jobs the audit log or the trainings refer to. */
async function findReferenced(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const referenced = new Set<string>();
  if (ids.length === 0) return referenced;
  for (const table of ['chartctl_changes', 'chartctl_inserts', 'chartctl_trainings']) {
    const { rows } = await db.raw<{ rows: { job_id: string }[] }>(
      `SELECT DISTINCT job_id FROM ${table} WHERE job_id = ANY(?::bigint[])`,
      [[...ids]],
    );
    for (const { job_id } of rows) referenced.add(job_id);
  }
  return referenced;
}
