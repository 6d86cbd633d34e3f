import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { isRunning, type LockOwner } from './lock-owner.js';

/**
 * Takes the lock file at `path`, also from a process that is gone. Returns undefined when it is ours now, else its
 * owner: one that is running holds the lock; one that is gone is just being replaced, so ask again.
 *
 * A lock is made whole in one step by link(2). A dead process's lock may only be removed under a second lock that
 * is named after it: otherwise a slow process could remove the lock that somebody else took in the meantime.
 */
export function tryLockFile(path: string, me: LockOwner): LockOwner | undefined {
  const owner = claim(path, me);
  if (!owner || isRunning(owner)) return owner;
  const guard = `${path}.${owner.token}`;
  if (tryLockFile(guard, me)) return owner;
  try {
    if (readOwner(path)?.token === owner.token) unlinkSync(path);
    return claim(path, me);
  } finally {
    unlinkSync(guard);
  }
}

/** Removes the lock file if it is ours. */
export function unlockFile(path: string, me: LockOwner): void {
  if (readOwner(path)?.token === me.token) unlinkSync(path);
}

/** Makes the lock ours if there is none; else returns its owner. */
function claim(path: string, me: LockOwner): LockOwner | undefined {
  const draft = `${path}.${me.token}.draft`;
  writeFileSync(draft, JSON.stringify(me));
  try {
    for (;;) {
      if (link(draft, path)) return undefined;
      const owner = readOwner(path);
      if (owner) return owner;
    }
  } finally {
    unlinkSync(draft);
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Who owns the lock file; undefined when there is none. */
export function readOwner(path: string): LockOwner | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseOwner(text) ?? NOBODY; // a power cut can leave the file empty, or with anything in it
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

const NOBODY: LockOwner = { pid: 0, processStart: '', host: '', command: '', since: '', token: 'unreadable' };
