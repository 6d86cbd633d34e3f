import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../core/failure.js';
import { readOwner, tryLockFile, unlockFile } from './lock-file.js';
import { describeThisProcess, isRunning, type LockOwner } from './lock-owner.js';

export const LOCK_FILE = 'chartctl.lock';
const RETRY_MS = 5;

/**
 * Creates the directory if it does not exist and locks it: two processes on the same embedded database would destroy
 * it without an error. Returns a function that unlocks it. The lock of a process that has ended needs no clean-up.
 *
 * @throws Failure: locked, naming the process that holds it; usage, when the directory cannot be created or written
 */
export async function lockDirectory(directory: string): Promise<() => void> {
  const path = join(directory, LOCK_FILE);
  const me = describeThisProcess();
  for (;;) {
    const owner = tryLock(directory, path, me);
    if (!owner) return () => unlockFile(path, me);
    if (isRunning(owner)) throw toInUseFailure(directory, path, owner);
    await sleep(RETRY_MS);
  }
}

/** The process that holds the lock of a directory now; undefined when it is free. Changes nothing. */
export function findLockOwner(directory: string): LockOwner | undefined {
  const owner = readOwner(join(directory, LOCK_FILE));
  return owner && isRunning(owner) ? owner : undefined;
}

function tryLock(directory: string, path: string, me: LockOwner): LockOwner | undefined {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return tryLockFile(path, me);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new Failure(isFull ? 'failed' : 'usage', `database directory "${directory}" cannot be written: ${code}`, {
      hint: isFull ? 'free disk space' : 'set CHARTCTL_DATA_DIR to a directory that you can write, or set DATABASE_URL',
      code,
      cause: error,
    });
  }
}

function toInUseFailure(directory: string, path: string, owner: LockOwner): Failure {
  const isHere = owner.host === hostname();
  const place = isHere ? '' : ` on ${owner.host}`;
  return new Failure(
    'locked',
    `database directory "${directory}" is in use by process ${owner.pid}${place} (${owner.command}, since ${owner.since})`,
    {
      hint: isHere
        ? 'wait until it ends; for several processes at once use a PostgreSQL server (DATABASE_URL)'
        : `if that process has ended, delete "${path}"`,
      code: 'DIRECTORY_LOCKED',
    },
  );
}
