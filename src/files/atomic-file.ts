import { createHash, randomBytes } from 'node:crypto';
import { access, constants, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';
import { DAY_MS } from '../core/minute.js';
import { type ContentDigest, Digest, type Sink } from './sink.js';

/** The process that writes files. */
export interface WriterIdentity {
  /** Part of the names of its temporary files: letters, digits and dots. */
  id: string;
  /** Whether the writer of that id has certainly ended. */
  hasEnded: (id: string) => boolean;
}

/** Without an identity, temporary files count as abandoned by their age only. */
const UNKNOWN_WRITER: WriterIdentity = { id: 'unknown', hasEnded: () => false };

/** Size and hash of a written file, and what its `write` returned. */
interface WrittenFile<T> extends ContentDigest {
  result: T;
}

/** Writes one of several files completely, under a temporary name. */
export type CreateFile = <T>(path: string, write: (sink: Sink) => Promise<T>) => Promise<WrittenFile<T>>;

/** Runs the renaming of written files, under a lock for example. */
export type RenameGuard = (rename: () => Promise<void>) => Promise<void>;

/**
 * Writes a file that appears complete or not at all.
 *
 * The bytes go to a temporary file in the same folder, which is synced to the disk and then renamed. When `write`
 * throws, the temporary file is removed and an existing file is unchanged. A symbolic link stays a link: its target is
 * replaced. The temporary file of a killed process is removed by the next writer of the same file.
 *
 * Own code, because libraries for this write one buffer: they neither stream, nor clean up after a killed process.
 *
 * @throws Failure (failed) that names the path, when it cannot be written; whatever `write` throws
 */
export function withAtomicFile<T>(
  path: string,
  write: (sink: Sink) => Promise<T>,
  writer: WriterIdentity = UNKNOWN_WRITER,
): Promise<WrittenFile<T>> {
  return withAtomicFiles((create) => create(path, write), { writer });
}

/**
 * Writes files that belong together: all of them appear, or none.
 *
 * Each is written like `withAtomicFile`; none is renamed before all are on the disk, and they are renamed in the order of
 * their creation. The last one describes the others, so its old version is removed before the first is renamed: a process
 * killed in between leaves no description that does not match the files.
 *
 * @param guardRename keeps concurrent writers of the same files from mixing their files
 */
export async function withAtomicFiles<T>(
  work: (create: CreateFile) => Promise<T>,
  {
    guardRename = (rename) => rename(),
    writer = UNKNOWN_WRITER,
  }: { guardRename?: RenameGuard; writer?: WriterIdentity } = {},
): Promise<T> {
  const written: PendingFile[] = [];
  try {
    const result = await work(async (path, write) => {
      const target = await withWriteErrors(path, () => resolveTarget(path));
      await removeAbandoned(target, writer);
      const temporary = temporaryPath(target, writer);
      written.push({ path, target, temporary });
      return await writeToDisk(path, temporary, write);
    });
    await guardRename(() => renameAll(written));
    return result;
  } catch (error) {
    for (const { temporary } of written) await rm(temporary, { force: true });
    throw error;
  }
}

/** A file under its temporary name. */
interface PendingFile {
  path: string;
  target: string;
  temporary: string;
}

async function renameAll(written: readonly PendingFile[]): Promise<void> {
  const last = written.at(-1);
  if (last && written.length > 1) await withWriteErrors(last.path, () => rm(last.target, { force: true }));
  for (const { path, target, temporary } of written) await withWriteErrors(path, () => rename(temporary, target));
}

/** Bytes after which the disk begins to write what it was given, so that little is left to do at the end. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** Writes the temporary file; errors name `path`. */
async function writeToDisk<T>(
  path: string,
  temporary: string,
  write: (sink: Sink) => Promise<T>,
): Promise<WrittenFile<T>> {
  const file = await withWriteErrors(path, () => open(temporary, 'wx', 0o644));
  const digest = new Digest();
  let unsynced = 0;
  let syncing = Promise.resolve();
  try {
    const result = await write({
      write: async (chunk) => {
        const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        const written = withWriteErrors(path, () => file.writeFile(data));
        digest.add(data); // while the write is under way
        await written;
        unsynced += data.byteLength;
        if (unsynced < SYNC_BYTES) return;
        unsynced = 0;
        await withWriteErrors(path, () => syncing);
        syncing = file.datasync(); // while the next chunks are written
        syncing.catch(() => undefined); // thrown by the next await
      },
    });
    await withWriteErrors(path, () => syncing);
    await withWriteErrors(path, () => file.sync());
    return { result, ...digest.end() };
  } finally {
    await syncing.catch(() => undefined);
    await file.close();
  }
}

/** The path behind symbolic links. It must be a regular, writable file or absent; a rename itself checks neither. */
async function resolveTarget(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (!found) return path;
  if (!found.isFile()) {
    throw cannotWrite(path, found.isDirectory() ? 'it is a folder' : 'it is not a regular file', undefined);
  }
  await access(path, constants.W_OK);
  return realpath(path);
}

/** A temporary file that was not written to for so long is abandoned. */
const ABANDONED_AFTER_MS = DAY_MS;
/** The name of a temporary file after its prefix. */
const TEMPORARY_NAME = /^([\w.]+)-[0-9a-f]{8}\.tmp$/;

/** A unique name beside `target` that holds the writer's id and identifies the target. */
export function temporaryPath(target: string, { id }: WriterIdentity): string {
  return join(dirname(target), `${prefixOf(target)}${id}-${randomBytes(4).toString('hex')}.tmp`);
}

/**
 * Removes temporary files of `target` whose writers were killed: the writer has ended, or the file is a day old. Files
 * that cannot be seen or removed are skipped.
 */
async function removeAbandoned(target: string, writer: WriterIdentity): Promise<void> {
  const folder = dirname(target);
  const prefix = prefixOf(target);
  for (const name of await readdir(folder).catch(() => [])) {
    const id = name.startsWith(prefix) ? TEMPORARY_NAME.exec(name.slice(prefix.length))?.[1] : undefined;
    if (id === undefined) continue;
    const path = join(folder, name);
    if (writer.hasEnded(id) || (await isOld(path))) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** A hash of the target's name, so that the temporary name is never too long. */
function prefixOf(target: string): string {
  const hash = createHash('sha256').update(basename(target)).digest('hex').slice(0, 12);
  return `.chartctl-${hash}-`;
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null); // its writer has renamed it meanwhile
  return found !== null && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
}

const DEFAULT_HINT = 'name a file in a folder that exists and that you may write to';

const REASONS: Record<string, string> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission was denied',
  EPERM: 'permission was denied',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk failed',
  ENAMETOOLONG: 'its name is too long',
};

/** What to do about errors for which another folder is not the first remedy. */
const HINTS: Record<string, string> = {
  ENOSPC: 'free space on its disk, or name a file on another one',
  EDQUOT: 'remove what is not needed, or name a file on another disk',
  EIO: "look at the machine's log, and name a file on another disk",
  EROFS: 'name a file on a disk that can be written to',
};

async function withWriteErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw cannotWrite(path, REASONS[code] ?? code, error);
  }
}

function cannotWrite(path: string, reason: string, cause: unknown): Failure {
  const code = systemErrorCode(cause);
  return new Failure('failed', `cannot write "${path}": ${reason}`, {
    hint: HINTS[code ?? ''] ?? DEFAULT_HINT,
    code,
    cause,
  });
}
