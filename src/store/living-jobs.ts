import { hostname } from 'node:os';
import type { Db } from './handles.js';
import { isRunning, thisProcess } from './file-locks/lock-owner.js';
import { findHeldJobLocks } from './locks.js';

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
export async function findLiving<J extends UnfinishedJob>(db: Db, jobs: readonly J[]): Promise<ReadonlySet<J>> {
  if (jobs.length === 0) return new Set();
  const isHeld = await findHeldJobLocks(db);
  return new Set(
    jobs.filter((job) => {
      if (isOwn(job)) return true;
      return job.symbols.length > 0 ? isHeld(job.command, job.symbols[0]!) : mayRun(job);
    }),
  );
}

function isOwn({ host, pid, startedAt }: UnfinishedJob): boolean {
  const me = thisProcess();
  return host === me.host && pid === me.pid && startedAt.getTime() >= performance.timeOrigin;
}

function mayRun({ host, pid }: UnfinishedJob): boolean {
  return host !== hostname() || pid === null || isRunning({ host, pid, processStart: '' });
}
