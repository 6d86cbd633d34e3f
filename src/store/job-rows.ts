import { hostname } from 'node:os';
import process from 'node:process';
import type { Knex } from 'knex';
import { VERSION } from '../core/version.js';

const JOBS_TABLE = 'chartctl_jobs';

export type JobOutcome = 'done' | 'incomplete' | 'failed' | 'locked' | 'temporary' | 'interrupted';

/** What a job has died of: nobody was there to say more. */
const DIED_ERROR = 'its process ended without a word';

/**
 * Records that a job began; the database stamps it.
 *
 * Jobs of this command over any of these symbols that are recorded as running have died: this one holds their locks.
 */
export async function startJob(
  db: Knex,
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

/** Records how a job ended. */
export async function finishJob(
  db: Knex,
  id: number,
  end: { outcome: JobOutcome; exitCode: number; counts: Record<string, number>; error?: string | undefined },
): Promise<void> {
  await db.raw(
    `UPDATE ${JOBS_TABLE} SET finished_at = clock_timestamp(), outcome = ?, exit_code = ?, counts = ?::jsonb, error = ? WHERE id = ?`,
    [end.outcome, end.exitCode, JSON.stringify(end.counts), end.error ?? null, id],
  );
}

/** Whether the audit, or what is known of trainings, names the job of that number. */
const isNamed = (job: string) =>
  ['chartctl_changes', 'chartctl_inserts', 'chartctl_trainings']
    .map((table) => `EXISTS (SELECT FROM ${table} WHERE job_id = ${job})`)
    .join(' OR ');

/**
 * Forgets jobs that ended before a time; answers how many.
 *
 * Kept are those that the audit or a training still names, the undo of such a job, and the last of each command.
 */
export async function pruneJobs(db: Knex, before: Date): Promise<number> {
  const { rows } = await db.raw<{ rows: { count: string }[] }>(
    `WITH gone AS (
       DELETE FROM ${JOBS_TABLE} j WHERE outcome <> 'running' AND coalesce(finished_at, started_at) < ?
         AND id NOT IN (SELECT max(id) FROM ${JOBS_TABLE} GROUP BY command)
         AND NOT (${isNamed('j.id')})
         AND NOT (command = 'undo' AND (${isNamed(`(j.arguments->>'undoes')::bigint`)}))
       RETURNING 1)
     SELECT count(*) FROM gone`,
    [before],
  );
  return Number(rows[0]!.count);
}
