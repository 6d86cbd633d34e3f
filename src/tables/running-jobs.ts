import { hostname } from 'node:os';
import { describeThisProcess, isRunning, readProcessStart } from '../database/file-locks/lock-owner.js';
import { findHeldJobLocks } from '../database/job-locks.js';
import type { Db } from '../database/store.js';

/** What is known of a job that is recorded as running. */
interface UnfinishedJob {
  command: string;
  symbols: readonly string[];
  host: string | null;
  pid: number | null;
  startedAt: Date;
}

/**
 * Those of the jobs that are recorded as running which do run: they hold the locks of their symbols.
 *
 * The jobs of this very process are among them, for the embedded database knows no locks; one over no symbol is, while
 * its process is there, as far as this machine can tell.
 */
export async function findRunningJobs<J extends UnfinishedJob>(db: Db, jobs: readonly J[]): Promise<ReadonlySet<J>> {
  if (jobs.length === 0) return new Set();
  const isHeld = await findHeldJobLocks(db);
  return new Set(
    jobs.filter((job) => {
      if (isOwn(job)) return true;
      return job.symbols.length > 0 ? isHeld(job.command, job.symbols[0]!) : mayBeRunning(job);
    }),
  );
}

function isOwn({ host, pid, startedAt }: UnfinishedJob): boolean {
  const me = describeThisProcess();
  return host === me.host && pid === me.pid && startedAt.getTime() >= performance.timeOrigin;
}

function mayBeRunning({ host, pid }: UnfinishedJob): boolean {
  return host !== hostname() || pid === null || isRunning({ host, pid, processStart: '' });
}

/** How far back is looked: a day of a job each four seconds. */
const PROGRAM_JOBS_SCANNED = 20_000;

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
    [PROGRAM_JOBS_SCANNED, hostname(), [...symbols]],
  );
  const found = rows.find(({ pid, start }) => isRunning({ pid, host: hostname(), processStart: start }));
  return found && { jobId: Number(found.id), pid: found.pid };
}
