import type { Db } from './handles.js';

/** The last run of a command. */
export interface LastJob {
  command: string;
  id: number;
  outcome: string;
  /** How long ago it began, by the database's clock. */
  ageMs: number;
  error: string | null;
}

/** A job that was recorded as begun and not as ended. */
export interface UnfinishedJob {
  id: number;
  command: string;
  host: string | null;
  pid: number | null;
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

/** The jobs that seem to be running, oldest first. */
export async function findUnfinishedJobs(db: Db): Promise<UnfinishedJob[]> {
  const { rows } = await db.raw<{
    rows: { id: string; command: string; host: string | null; pid: number | null; age: number }[];
  }>(
    `SELECT id, command, host, pid, ${AGE_SQL} FROM chartctl_jobs
     WHERE id > (SELECT max(id) FROM chartctl_jobs) - ? AND outcome = 'running' ORDER BY id`,
    [JOBS_LOOKED_AT],
  );
  return rows.map(({ id, age, ...job }) => ({ ...job, id: Number(id), ageMs: age }));
}
