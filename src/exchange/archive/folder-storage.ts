import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure, systemErrorCode } from '../../core/failure.js';
import type { ArchiveStorage, StoredFile } from './storage.js';

/** A larger file is none of the archive's. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * An archive in a folder: with the folders of Binance's archive (`data/spot/monthly/klines/...`), or with its files lying
 * in the folder itself.
 */
export function openFolderStorage(folder: string): ArchiveStorage {
  const placesOf = (path: string) => [join(folder, path), join(folder, basename(path))];
  return {
    name: folder,
    read: async (path) => {
      for (const place of placesOf(path)) {
        const found = await readStoredFile(place);
        if (found) return found;
      }
      return null;
    },
    list: async (prefix, marker) => {
      const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const places = placesOf(`${parent}x`).map((place) => dirname(place));
      const names = new Set((await Promise.all(places.map(listFolder))).flat());
      const keys = [...names].map((name) => parent + name).filter((key) => key.startsWith(prefix) && key > marker);
      const files = keys.sort().map((key) => ({ key, sizeBytes: 0, etag: '', lastModified: 0 }));
      return { files, nextMarker: null };
    },
  };
}

/**
 * A file of a folder; null if there is none.
 *
 * @throws Failure (failed) `UNREADABLE`
 */
export async function readStoredFile(path: string): Promise<StoredFile | null> {
  const bytes = await readIfThere(path);
  if (!bytes) return null;
  const { mtimeMs } = await stat(path);
  return { bytes, url: path, etag: toEtag(bytes), lastModified: Math.floor(mtimeMs) };
}

/** What the archive's server gives for a file that was stored in one part: the MD5 of its content. */
function toEtag(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** @throws Failure (failed) `UNREADABLE` for everything else than a file that does not exist */
async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw unreadable(path, `it has ${size} bytes, expected at most ${MAX_FILE_BYTES}`);
    return await readFile(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unreadable(path, code, error);
  }
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw unreadable(path, code, error);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): Failure {
  return new Failure('failed', `the archive's "${path}" could not be read: ${reason}`, { code: 'UNREADABLE', cause });
}
