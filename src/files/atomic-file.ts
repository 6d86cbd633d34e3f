import { createHash, randomBytes } from 'node:crypto';
import { access, constants, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.js';
import { type ContentDigest, Digest, type Sink } from './sink.js';

/** Who writes files. */
export interface WriterIdentity {
  /** What its temporary files are marked with: letters, digits and dots. */
  id: string;
  /** Whether the writer of a mark has surely ended. */
  hasEnded: (mark: string) => boolean;
}

/** A writer that nothing is known of: its files are only told to be abandoned by their age. */
export const UNKNOWN_WRITER: WriterIdentity = { id: 'anybody', hasEnded: () => false };

/** What nobody has written into for so long is waited for by nobody. */
const ABANDONED_AFTER_MS = 86_400_000;
/** A name after the prefix. */
const TEMPORARY_NAME = /^([\w.]+)-[0-9a-f]{8}\.tmp$/;

/** A name beside `target` that nothing else has, and from which can be told whose it is and what it is to become. */
export function temporaryPath(target: string, { id }: WriterIdentity): string {
  return join(dirname(target), `${prefixOf(target)}${id}-${randomBytes(4).toString('hex')}.tmp`);
}

/**
 * Removes what writers of `target` left behind who were killed: those that are gone, or whose files are a day old.
 * What cannot be seen or removed stays.
 */
export async function removeAbandoned(target: string, writer: WriterIdentity): Promise<void> {
  const folder = dirname(target);
  const prefix = prefixOf(target);
  for (const name of await readdir(folder).catch(() => [])) {
    const mark = name.startsWith(prefix) ? TEMPORARY_NAME.exec(name.slice(prefix.length))?.[1] : undefined;
    if (mark === undefined) continue;
    const path = join(folder, name);
    if (writer.hasEnded(mark) || (await isOld(path))) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** The target's name as a part of another one, which is not too long for it. */
function prefixOf(target: string): string {
  const id = createHash('sha256').update(basename(target)).digest('hex').slice(0, 12);
  return `.chartctl-${id}-`;
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null); // it took its name meanwhile
  return found !== null && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
}

/** A file as it was written, and what its writing gave. */
export interface WrittenFile<T> extends ContentDigest {
  result: T;
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

/** What can be done about it, where another folder is not the first thing to think of. */
const HINTS: Record<string, string> = {
  ENOSPC: 'free space on its disk, or name a file on another one',
  EDQUOT: 'remove what is not needed, or name a file on another disk',
  EIO: "look at the machine's log, and name a file on another disk",
  EROFS: 'name a file on a disk that can be written to',
};

/** Writes one of several files, whole, under a temporary name. */
export type CreateFile = <T>(path: string, write: (sink: Sink) => Promise<T>) => Promise<WrittenFile<T>>;

/** Surrounds the moment in which files that are written take their names. */
export type RenameGuard = (takeNames: () => Promise<void>) => Promise<void>;

/**
 * Writes a file that appears whole or not at all.
 *
 * The bytes go to a temporary name in the same folder, reach the disk, and only then take the file's name; when
 * `write` throws, the temporary file is removed and what stood under the name before is untouched. A
 * symbolic link stays a link: the file it names is replaced. A process that is killed leaves its temporary file behind;
 * the next writer of the same file removes it.
 *
 * @param writer who writes
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
 * Each is written as `withAtomicFile` does, and none takes its name before all have reached the disk. They take their
 * names in the order in which they were created. The last one describes the others: its old file goes before the first
 * new one takes its name. So a process that is killed in between leaves no description of other bytes than those there.
 *
 * @param alone keeps others from naming the same files in the same moment, who would leave some of theirs and some of ours
 */
export async function withAtomicFiles<T>(
  work: (create: CreateFile) => Promise<T>,
  { alone = (name) => name(), writer = UNKNOWN_WRITER }: { alone?: RenameGuard; writer?: WriterIdentity } = {},
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
    await alone(() => renameAll(written));
    return result;
  } catch (error) {
    for (const { temporary } of written) await rm(temporary, { force: true });
    throw error;
  }
}

/** A file that is written, and the name that it is to take. */
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

/** Writes a file under a temporary name; `path` is what problems are named after. */
async function writeToDisk<T>(
  path: string,
  temporary: string,
  write: (sink: Sink) => Promise<T>,
): Promise<WrittenFile<T>> {
  const file = await withWriteErrors(path, () => open(temporary, 'wx', 0o644));
  const digest = new Digest();
  try {
    const result = await write({
      write: async (chunk) => {
        const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        const written = withWriteErrors(path, () => file.writeFile(data));
        digest.add(data); // while the system writes
        await written;
      },
    });
    await withWriteErrors(path, () => file.sync());
    return { result, ...digest.end() };
  } finally {
    await file.close();
  }
}

/** The path to replace: behind links, and nothing but a regular file that may be written (a rename asks for neither). */
async function resolveTarget(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (!found) return path;
  if (!found.isFile()) {
    throw cannotWrite(path, found.isDirectory() ? 'it is a folder' : 'it is not a regular file', undefined);
  }
  await access(path, constants.W_OK);
  return realpath(path);
}

async function withWriteErrors<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw cannotWrite(path, REASONS[code] ?? code, error);
  }
}

function cannotWrite(path: string, reason: string, cause: unknown): Failure {
  const code = systemCode(cause);
  return new Failure('failed', `cannot write "${path}": ${reason}`, {
    hint: HINTS[code ?? ''] ?? DEFAULT_HINT,
    code,
    cause,
  });
}

/** The code of an error of the operating system, such as `ENOENT`; undefined for any other error. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
