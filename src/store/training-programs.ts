import { hostname } from 'node:os';
import type { Db } from './handles.js';
import { isRunning, readProcessStart } from './file-locks/lock-owner.js';

/** How far back is looked: a day of a job each four seconds. */
const JOBS_LOOKED_AT = 20_000;

/** Remembers with a job which process of this machine the program of `--exec` is. */
export async function recordProgram(db: Db, jobId: number, pid: number): Promise<void> {
  const program = { pid, processStart: readProcessStart(pid) };
  await db.raw('UPDATE chartctl_jobs SET arguments = arguments || ?::jsonb WHERE id = ?', [
    JSON.stringify({ program }),
    jobId,
  ]);
}

/** A program that outlived its job. */
export interface OrphanedProgram {
  jobId: number;
  pid: number;
}

/** A program that trains for one of the symbols although the process that began it died; only of this machine. */
export async function findOrphanedProgram(db: Db, symbols: readonly string[]): Promise<OrphanedProgram | undefined> {
  const { rows } = await db.raw<{ rows: { id: string; pid: number; start: string }[] }>(
    `SELECT id, (arguments->'program'->>'pid')::int AS pid, arguments->'program'->>'processStart' AS start
     FROM chartctl_jobs
     WHERE id > (SELECT max(id) FROM chartctl_jobs) - ? AND command = 'check-retrain' AND outcome = 'died'
       AND host = ? AND symbols && ?::text[] AND arguments->'program' IS NOT NULL
     ORDER BY id DESC`,
    [JOBS_LOOKED_AT, hostname(), [...symbols]],
  );
  const found = rows.find(({ pid, start }) => isRunning({ pid, host: hostname(), processStart: start }));
  return found && { jobId: Number(found.id), pid: found.pid };
}
