import type { Db } from './handles.js';
import { findLiving } from './living-jobs.js';

/** The last run of a command. */
export interface LastJob {
  command: string;
  id: number;
  outcome: string;
  /** How long ago it began, by the database's clock. */
  ageMs: number;
  error: string | null;
}

/** A job whose process ended without a word: by the machine's end, or by somebody's kill -9. */
export interface LostJob {
  id: number;
  command: string;
  ageMs: number;
}

/** How far back is looked: some days of a job each minute. A command that never ran would cost the whole table. */
const JOBS_LOOKED_AT = 20_000;
const AGE_SQL = `(extract(epoch FROM clock_timestamp() - started_at) * 1000)::float8 AS age`;

/** The last job of each of these commands; those that did not run lately are left out. */
export async function findLastJobs(db: Db, commands: readonly string[]): Promise<LastJob[]> {
  const { rows } = await db.raw<{
    rows: { command: string; id: string; outcome: string; age: number; error: string | null }[];
  }>(
    `SELECT DISTINCT ON (command) command, id, outcome, error, ${AGE_SQL} FROM chartctl_jobs
     WHERE id > (SELECT max(id) FROM chartctl_jobs) - ? AND command = ANY(?) ORDER BY command, id DESC`,
    [JOBS_LOOKED_AT, [...commands]],
  );
  return rows.map(({ id, age, ...job }) => ({ ...job, id: Number(id), ageMs: age }));
}

/** The jobs that are recorded as running and do not run, oldest first. */
export async function findLostJobs(db: Db): Promise<LostJob[]> {
  const { rows } = await db.raw<{ rows: RunningRecord[] }>(
    `SELECT id, command, symbols, host, pid, started_at AS "startedAt", ${AGE_SQL} FROM chartctl_jobs
     WHERE outcome = 'running' ORDER BY id`,
  );
  const jobs = rows.map(({ symbols, ...job }) => ({ ...job, symbols: symbols ?? [] }));
  const living = await findLiving(db, jobs);
  return jobs
    .filter((job) => !living.has(job))
    .map(({ id, command, age }) => ({ id: Number(id), command, ageMs: age }));
}

interface RunningRecord {
  id: string;
  command: string;
  symbols: string[] | null;
  host: string | null;
  pid: number | null;
  startedAt: Date;
  age: number;
}
