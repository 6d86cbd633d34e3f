import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A mounted file system that can be filled and made read-only. */
export interface SmallDisk {
  /** Where it is mounted. */
  path: string;
  /** Uses all space except a number of bytes. */
  fill: (leftBytes: number) => void;
  /** Frees that space. */
  freeSpace: () => void;
  /** Fails while a file is open for writing. */
  setReadOnly: (isReadOnly: boolean) => void;
  /** Its files, without the one that fills it. */
  listFiles: () => string[];
  unmount: () => void;
}

const FILLER = 'filler';
const MAX_ATTEMPTS = 10;

/** Why no file system can be mounted here; undefined where it can. */
export function diskSkipReason(): string | undefined {
  if (process.platform !== 'linux') return 'there is tmpfs on Linux only';
  if (process.geteuid?.() !== 0) return 'only root may mount a file system';
  const path = createMountPoint();
  const why = mount('-t', 'tmpfs', '-o', 'size=64k', 'none', path);
  if (why === undefined) unmount(path);
  else rmdirSync(path);
  return why && `no file system can be mounted: ${why}`;
}

export function mountSmallDisk(megabytes: number): SmallDisk {
  const path = createMountPoint();
  const orThrow = (why: string | undefined) => {
    if (why !== undefined) throw new Error(`mount failed: ${why}`);
  };
  orThrow(mount('-t', 'tmpfs', '-o', `size=${megabytes}m,mode=1777`, 'none', path));
  const filler = join(path, FILLER);
  const freeSpace = () => rmSync(filler, { force: true });
  const take = (leftBytes: number) => {
    freeSpace();
    writeFileSync(filler, ''); // a directory entry takes space too
    const { bavail, bsize } = statfsSync(path);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
  };
  return {
    path,
    freeSpace,
    fill: (leftBytes) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return take(leftBytes);
        } catch (error) {
          // the free space has changed since it was measured
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC' || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    },
    setReadOnly: (isReadOnly) => orThrow(mount('-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path)),
    listFiles: () => readdirSync(path).filter((name) => name !== FILLER),
    unmount: () => unmount(path),
  };
}

function createMountPoint(): string {
  return mkdtempSync(join(tmpdir(), 'chartctl-disk-'));
}

/** Returns the reason of a failure. */
function mount(...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

function unmount(path: string): void {
  // lazy: a process with an open file keeps the file system, not the mount point
  spawnSync('umount', ['--lazy', path]);
  rmdirSync(path);
}
