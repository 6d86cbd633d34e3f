import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLockFile, unlockFile } from './lock-file.js';
import { thisProcess } from './lock-owner.js';

const ASK_AGAIN_MS = 5;
/** Who holds the lock for so long is stuck, or was killed on another machine of which nothing can be known here. */
const LIMIT_MS = 2_000;
/** A process of this machine that runs may only be slow, as on a busy disk. */
const LIMIT_HERE_MS = 30_000;

/**
 * Works while no other process does so under the same lock file, which is gone afterwards: for work of milliseconds.
 *
 * Where no lock file can be written the work is done without: it fares no better there, and says so itself.
 */
export async function withLockFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  const unlock = await lock(path);
  try {
    return await work();
  } finally {
    unlock();
  }
}

async function lock(path: string): Promise<() => void> {
  const me = thisProcess();
  let holder = { token: me.token, until: 0 };
  try {
    for (let owner = tryLockFile(path, me); owner; owner = tryLockFile(path, me)) {
      const now = performance.now();
      if (owner.token !== holder.token)
        holder = { token: owner.token, until: now + (owner.host === me.host ? LIMIT_HERE_MS : LIMIT_MS) };
      if (now > holder.until) rmSync(path, { force: true });
      await sleep(ASK_AGAIN_MS);
    }
    return () => unlockFile(path, me);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return () => undefined;
    throw error;
  }
}
