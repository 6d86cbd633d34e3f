import type { Db } from '../database/store.js';
import { JOBS_TABLE } from './jobs.js';
import { findRunningJobs, MAX_JOBS_SCANNED } from './running-jobs.js';

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

/** The number of jobs of each command on a symbol, the last command first; with `until` as they were at that time. */
export async function countRuns(db: Db, symbol: string, until?: Date): Promise<JobCount[]> {
  const at = until ?? 'infinity';
  const { rows } = await db.raw<{ rows: { command: string; runs: string; troubled: string; last: Date }[] }>(
    `SELECT command, count(*) AS runs, max(started_at) AS last,
       count(*) FILTER (WHERE outcome <> 'done' OR finished_at > ?::timestamptz) AS troubled
     FROM ${JOBS_TABLE} WHERE ? = ANY(symbols) AND started_at <= ?::timestamptz GROUP BY command ORDER BY max(id) DESC`,
    [at, symbol, at],
  );
  return rows.map(({ command, runs, troubled, last }) => {
    return { command, runs: Number(runs), troubled: Number(troubled), lastStartedAt: last.getTime() };
  });
}
