import type { Knex } from 'knex';
import { findLiving } from './living-jobs.js';

/** One execution of a command, as `chartctl_jobs` remembers it. */
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

/** A job by its number; null when there is none. */
export async function findJob(db: Knex, id: number): Promise<StoredJob | null> {
  const found = await db('chartctl_jobs').where({ id }).first<JobRecord | undefined>('*');
  return found ? toStoredJob(found) : null;
}

/** Calls those jobs died that are recorded as running and do not run. */
async function tellDead(db: Knex, jobs: readonly StoredJob[]): Promise<StoredJob[]> {
  const isUnfinished = ({ outcome }: StoredJob) => outcome === 'running';
  const living = await findLiving(db, jobs.filter(isUnfinished));
  return jobs.map((job) => (isUnfinished(job) && !living.has(job) ? { ...job, outcome: 'died' } : job));
}

/** Which jobs are wanted. */
export interface JobChoice {
  limit: number;
  command?: string | undefined;
  symbol?: string | undefined;
  /** Leaves out the runs of this command that ended as done. */
  exceptDone?: string | undefined;
}

/** The last jobs, newest first; on request of one command or over one symbol. Of one that died unnoticed it is said. */
export async function findJobs(db: Knex, { limit, command, symbol, exceptDone }: JobChoice): Promise<StoredJob[]> {
  const query = db('chartctl_jobs').orderBy('id', 'desc').limit(limit);
  if (command) query.where({ command });
  if (symbol) query.whereRaw('? = ANY(symbols)', [symbol]);
  if (exceptDone) query.whereRaw(`NOT (command = ? AND outcome = 'done')`, [exceptDone]);
  return tellDead(db, (await query.select<JobRecord[]>('*')).map(toStoredJob));
}

/** A run of undo: what it undid stays undone, however it ended. */
export interface StoredUndo {
  id: number;
  /** The job that was to be undone. */
  undoes: number;
  /** It came to its end and undid all of it. */
  isWhole: boolean;
  /** Of one that did not, the symbols on which it undid all that the job did. */
  symbols: readonly string[];
}

/** Every undo that undid something or had nothing to undo. */
export async function findUndos(db: Knex): Promise<StoredUndo[]> {
  const { rows } = await db.raw<{ rows: { id: string; undoes: string; whole: boolean; touched: string[] }[] }>(
    `SELECT * FROM (
       SELECT id, arguments->>'undoes' AS undoes, exit_code IS NOT DISTINCT FROM 0 AS whole,
         CASE WHEN exit_code = 0 THEN '{}' ELSE ARRAY(
           SELECT symbol FROM chartctl_changes WHERE job_id = id
           UNION SELECT symbol FROM chartctl_inserts WHERE job_id = id) END AS touched
       FROM chartctl_jobs WHERE command = 'undo') u
     WHERE whole OR touched <> '{}' ORDER BY id`,
  );
  return rows.map(({ id, undoes, whole, touched }) => {
    return { id: Number(id), undoes: Number(undoes), isWhole: whole, symbols: touched };
  });
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
