import type { Db } from '../database/store.js';
import { JOBS_TABLE } from './jobs.js';

/**
 * Whether job `j` removed entries of the audit log, and no later job removed all newer ones of the same symbols up to the end
 * of `j`: its record says from when on the audit log of these symbols is whole.
 */
const REMEMBERS_REACH_SQL = `(command = 'clean' AND arguments->>'keepHistoryDays' IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM ${JOBS_TABLE} k WHERE k.command = 'clean' AND k.id > j.id AND k.symbols @> j.symbols
    AND k.finished_at - (k.arguments->>'keepHistoryDays')::float8 * interval '1 day' >= coalesce(j.finished_at, j.started_at)))`;

/**
 * Deletes jobs that ended before a time and returns their number.
 *
 * Jobs to which the audit log, a training or a file of the archive refers stay, and so do the undo of such a job, the last job of each
 * command, and jobs that say how far the audit log reaches.
 */
export async function pruneJobs(db: Db, before: Date): Promise<number> {
  const { rows } = await db.raw<{ rows: { id: string; undoes: string | null }[] }>(
    `SELECT id, CASE command WHEN 'undo' THEN arguments->>'undoes' END AS undoes FROM ${JOBS_TABLE} j
     WHERE outcome <> 'running' AND coalesce(finished_at, started_at) < ?
       AND id NOT IN (SELECT max(id) FROM ${JOBS_TABLE} GROUP BY command) AND NOT ${REMEMBERS_REACH_SQL}`,
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

/** Which of these jobs the audit log, the trainings or the files of the archive refer to. */
async function findReferenced(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const referenced = new Set<string>();
  if (ids.length === 0) return referenced;
  for (const table of ['chartctl_changes', 'chartctl_inserts', 'chartctl_trainings', 'chartctl_archive_files']) {
    const { rows } = await db.raw<{ rows: { job_id: string }[] }>(
      `SELECT DISTINCT job_id FROM ${table} WHERE job_id = ANY(?::bigint[])`,
      [[...ids]],
    );
    for (const { job_id } of rows) referenced.add(job_id);
  }
  return referenced;
}
