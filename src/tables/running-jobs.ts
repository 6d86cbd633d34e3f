import { hostname } from 'node:os';
import { describeThisProcess, isRunning, readProcessStart } from '../database/file-locks/lock-owner.js';
import { findHeldJobLocks } from '../database/job-locks.js';
import type { Db } from '../database/store.js';

/**
 * The newest jobs that a search through `chartctl_jobs` looks at: two weeks of one job a minute. Without a limit, a
 * search for what never happened would read the whole table.
 */
export const MAX_JOBS_SCANNED = 20_000;

/** A job that is recorded as running. */
interface UnfinishedJob {
  command: string;
  symbols: readonly string[];
  host: string | null;
  pid: number | null;
  startedAt: Date;
}

/**
 * Of the jobs that are recorded as running, those that really run.
 *
 * A running job holds the locks of its symbols. Two kinds of jobs hold none: those of this process on the embedded
 * database, which needs no locks, and jobs without symbols. The latter count as running while their process exists; a
 * process on another machine is assumed to exist.
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

/** Stores with a job the process ID of its training program (`--exec`) on this machine. */
export async function recordProgram(db: Db, jobId: number, pid: number): Promise<void> {
  const program = { pid, processStart: readProcessStart(pid) };
  await db.raw('UPDATE chartctl_jobs SET arguments = arguments || ?::jsonb WHERE id = ?', [
    JSON.stringify({ program }),
    jobId,
  ]);
}

/** A training program whose job died. */
interface OrphanedProgram {
  jobId: number;
  pid: number;
}

/** A program on this machine that still trains for one of the symbols although the process of its job died. */
export async function findOrphanedProgram(db: Db, symbols: readonly string[]): Promise<OrphanedProgram | undefined> {
  const { rows } = await db.raw<{ rows: { id: string; pid: number; start: string }[] }>(
    `SELECT id, (arguments->'program'->>'pid')::int AS pid, arguments->'program'->>'processStart' AS start
     FROM chartctl_jobs
     WHERE id > (SELECT max(id) FROM chartctl_jobs) - ? AND command = 'check-retrain' AND outcome = 'died'
       AND host = ? AND symbols && ?::text[] AND arguments->'program' IS NOT NULL
     ORDER BY id DESC`,
    [MAX_JOBS_SCANNED, hostname(), [...symbols]],
  );
  const found = rows.find(({ pid, start }) => isRunning({ pid, host: hostname(), processStart: start }));
  return found && { jobId: Number(found.id), pid: found.pid };
}
