import { linkSync, lstatSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeThisProcess, isRunning, type LockOwner } from './lock-owner.js';

/**
 * Acquires the lock file at `path`, also one left by a process that has ended. Returns undefined on success, else the
 * owner: a running one holds the lock; one that has ended is being replaced by another process, so try again.
 *
 * link(2) creates the lock with its content in one step. A dead process's lock is only removed under a second lock that
 * is named after it: otherwise a slow process could remove the lock that another one acquired in the meantime. Packages
 * such as proper-lockfile rely on modification times, which a suspended machine or a slow process makes wrong.
 */
export function tryLockFile(path: string, me: LockOwner): LockOwner | undefined {
  const owner = acquire(path, me);
  if (!owner) removeAbandoned(path);
  return owner;
}

function acquire(path: string, me: LockOwner): LockOwner | undefined {
  const owner = tryCreate(path, me);
  if (!owner || isRunning(owner)) return owner;
  const guard = `${path}.${owner.token}`;
  if (acquire(guard, me)) return owner;
  try {
    if (readOwner(path)?.token === owner.token) unlinkSync(path);
    return tryCreate(path, me);
  } finally {
    rmSync(guard, { force: true });
  }
}

/** A draft's name holds its owner's process ID: the file is empty when that process is killed too early. */
const DRAFT = /\.(\d+)\.[^.]+\.draft$/;

/**
 * Removes the drafts and the second locks that killed processes left beside a lock. To be called by the new owner: a
 * second lock is for replacing an earlier owner, which has been done.
 */
function removeAbandoned(path: string): void {
  const prefix = `${basename(path)}.`;
  try {
    for (const name of readdirSync(dirname(path))) {
      if (!name.startsWith(prefix)) continue;
      const file = join(dirname(path), name);
      const pid = DRAFT.exec(name)?.[1];
      const owner = pid ? { pid: Number(pid), host: hostname(), processStart: '' } : readOwner(file);
      if (owner && owner !== UNKNOWN_OWNER && !isRunning(owner)) rmSync(file, { force: true });
    }
  } catch (error) {
    // a file that cannot be read or removed does no harm
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

/** Removes the lock file if `me` owns it. */
export function unlockFile(path: string, me: LockOwner): void {
  if (readOwner(path)?.token === me.token) unlinkSync(path);
}

/** Creates the lock if there is none, else returns its owner. */
function tryCreate(path: string, me: LockOwner): LockOwner | undefined {
  const draft = `${path}.${me.pid}.${me.token}.draft`;
  try {
    for (;;) {
      rmSync(draft, { force: true });
      // a process of another container may have removed the draft: repeat; 'wx' does not follow a symbolic link
      writeFileSync(draft, JSON.stringify(me), { flag: 'wx' });
      if (link(draft, path)) return undefined;
      const owner = readOwner(path);
      if (owner) return owner;
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** The owner of the lock file; undefined when there is none. */
export function readOwner(path: string): LockOwner | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? UNKNOWN_OWNER : undefined; // a dangling link
  }
  return parseOwner(text) ?? UNKNOWN_OWNER; // after a power failure the file can be empty or damaged
}

/** The owner that a lock file names; undefined for other content. */
function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as unknown;
    return isOwner(owner) ? owner : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function isOwner(value: unknown): value is LockOwner {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, token, ...rest } = value as Record<keyof LockOwner, unknown>;
  const isText = (name: keyof typeof rest) => typeof rest[name] === 'string';
  // the token becomes part of a file name
  return (
    Number.isSafeInteger(pid) &&
    typeof token === 'string' &&
    /^[0-9a-z]{1,64}$/.test(token) &&
    (['processStart', 'host', 'command', 'since'] as const).every(isText)
  );
}

const UNKNOWN_OWNER: LockOwner = { pid: 0, processStart: '', host: '', command: '', since: '', token: 'unreadable' };

const RETRY_MS = 5;
/** An owner that holds the lock for longer is stuck, or was killed on another machine. */
const STUCK_AFTER_MS = 2_000;
/** A running process of this machine may only be slow, as on a busy disk. */
const STUCK_LOCALLY_AFTER_MS = 30_000;

/**
 * Runs `work` while no other process does so under the same lock file, which is removed afterwards. For work of
 * milliseconds.
 *
 * Where the lock file cannot be written, `work` runs without it: it writes to the same place and reports the error.
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
  const me = describeThisProcess();
  let holder = { token: me.token, until: 0 };
  try {
    for (let owner = tryLockFile(path, me); owner; owner = tryLockFile(path, me)) {
      const now = performance.now();
      if (owner.token !== holder.token)
        holder = {
          token: owner.token,
          until: now + (owner.host === me.host ? STUCK_LOCALLY_AFTER_MS : STUCK_AFTER_MS),
        };
      if (now > holder.until) rmSync(path, { force: true });
      await sleep(RETRY_MS);
    }
    return () => unlockFile(path, me);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return () => undefined;
    throw error;
  }
}
