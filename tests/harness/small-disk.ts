import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that can be filled to the last page, and made read-only. */
export interface SmallDisk {
  /** Where it is mounted. */
  path: string;
  /** Takes all its space but so many bytes. */
  fill: (leftBytes: number) => void;
  /** Gives that space free again. */
  freeSpace: () => void;
  /** Nobody may have a file open for writing there. */
  setReadOnly: (isReadOnly: boolean) => void;
  /** What it holds, but for what fills it. */
  listFiles: () => string[];
  unmount: () => void;
}

const FILLER = 'filler';
const MAX_ATTEMPTS = 10;

/** Why no file system can be mounted here; undefined where one can. */
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
  const makeRoom = () => rmSync(filler, { force: true });
  const take = (leftBytes: number) => {
    makeRoom();
    writeFileSync(filler, ''); // a name takes space, too
    const { bavail, bsize } = statfsSync(path);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
  };
  return {
    path,
    freeSpace: makeRoom,
    fill: (leftBytes) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return take(leftBytes);
        } catch (error) {
          // others took some of the space after it was measured
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

/** Answers why it did not work. */
function mount(...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

function unmount(path: string): void {
  // what still has a file open there keeps the disk until it ends, not its name
  spawnSync('umount', ['--lazy', path]);
  rmdirSync(path);
}
