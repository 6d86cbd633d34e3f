import { createHash, randomUUID } from 'node:crypto';
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../core/failure.js';
import type { Sink } from './sink.js';

export interface WrittenFile<T> {
  result: T;
  bytes: number;
  /** Of the bytes as written, 64 hexadecimal digits. */
  sha256: string;
}

const REASONS: Record<string, string> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission was denied',
  EPERM: 'permission was denied',
  EROFS: 'its file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'its name is too long',
};

/**
 * Writes a file that appears whole or not at all.
 *
 * The bytes go to a temporary name in the same folder, reach the disk, and only then take the file's name; when
 * `write` throws, the temporary file is removed and what stood under the name before is untouched. A
 * symbolic link stays a link: the file it names is replaced.
 *
 * @throws Failure (failed) that names the path, when it cannot be written; whatever `write` throws
 */
export async function withAtomicFile<T>(path: string, write: (sink: Sink) => Promise<T>): Promise<WrittenFile<T>> {
  const target = await naming(path, () => findTarget(path));
  const temporary = join(dirname(target), `.chartctl-${randomUUID()}.tmp`);
  const file = await naming(path, () => open(temporary, 'wx', 0o644));
  const hash = createHash('sha256');
  let bytes = 0;
  const sink: Sink = {
    write: async (chunk) => {
      const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      const written = naming(path, () => file.writeFile(data));
      hash.update(data); // while the system writes
      bytes += data.byteLength;
      await written;
    },
  };
  try {
    let result: T;
    try {
      result = await write(sink);
      await naming(path, () => file.sync());
    } finally {
      await file.close();
    }
    await naming(path, () => rename(temporary, target));
    return { result, bytes, sha256: hash.digest('hex') };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The path to replace: behind links, and nothing but a regular file that may be written (a rename asks for neither). */
async function findTarget(path: string): Promise<string> {
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

async function naming<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw cannotWrite(path, REASONS[code] ?? code, error);
  }
}

function cannotWrite(path: string, reason: string, cause: unknown): Failure {
  return new Failure('failed', `cannot write "${path}": ${reason}`, {
    hint: 'name a file in a folder that exists and that you may write to',
    code: systemCode(cause),
    cause,
  });
}

/** The code of an error of the operating system, such as `ENOENT`; undefined for any other error. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
