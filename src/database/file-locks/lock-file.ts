import { linkSync, lstatSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeThisProcess, isRunning, type LockOwner } from './lock-owner.js';

/**
 * Takes the lock file at `path`, also from a process that is gone. Returns undefined when it is ours now, else its
 * owner: one that is running holds the lock; one that is gone is just being replaced, so ask again.
 *
 * A lock is made whole in one step by link(2). A dead process's lock may only be removed under a second lock that
 * is named after it: otherwise a slow process could remove the lock that somebody else took in the meantime.
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

/** A draft's name says whose it is: it may be empty when that process is killed. */
const DRAFT = /\.(\d+)\.[^.]+\.draft$/;

/**
 * Removes the drafts and the second locks that killed processes left beside a lock. Whoever has the lock may do that: a
 * second lock is named after an owner that is gone, and now somebody else has taken what it was about.
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
    // what cannot be seen or removed harms nobody
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

/** Removes the lock file if it is ours. */
export function unlockFile(path: string, me: LockOwner): void {
  if (readOwner(path)?.token === me.token) unlinkSync(path);
}

/** Makes the lock ours if there is none; else returns its owner. */
function tryCreate(path: string, me: LockOwner): LockOwner | undefined {
  const draft = `${path}.${me.pid}.${me.token}.draft`;
  try {
    for (;;) {
      rmSync(draft, { force: true });
      // again, if a process of another container took it for abandoned; never through a link that somebody put there
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

/** Who owns the lock file; undefined when there is none. */
export function readOwner(path: string): LockOwner | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? UNKNOWN_OWNER : undefined; // a link to nothing
  }
  return parseOwner(text) ?? UNKNOWN_OWNER; // a power cut can leave the file empty, or with anything in it
}

/** The owner that a lock file names; undefined for what no process of ours wrote. */
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
  // the token becomes a part of a file's name
  return (
    Number.isSafeInteger(pid) &&
    typeof token === 'string' &&
    /^[0-9a-z]{1,64}$/.test(token) &&
    (['processStart', 'host', 'command', 'since'] as const).every(isText)
  );
}

const UNKNOWN_OWNER: LockOwner = { pid: 0, processStart: '', host: '', command: '', since: '', token: 'unreadable' };

const RETRY_MS = 5;
/** Who holds the lock for so long is stuck, or was killed on another machine of which nothing can be known here. */
const STUCK_AFTER_MS = 2_000;
/** A process of this machine that runs may only be slow, as on a busy disk. */
const STUCK_LOCALLY_AFTER_MS = 30_000;

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
