import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';

/**
 * Writes files into a folder, which is created if it is missing, and returns their paths. A link in a file's place is
 * replaced like any other file: its target is not written.
 *
 * @param overwrite whether existing files may be replaced
 * @throws Failure (usage) that names existing files, before anything is written; (failed) when a file cannot be written
 */
export function writeNewFiles(
  folder: string,
  files: readonly { path: string; text: string }[],
  overwrite: boolean,
): string[] {
  const paths = files.map(({ path }) => join(folder, path));
  const existing = overwrite ? [] : paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (existing.length > 0) {
    throw new Failure('usage', `these files already exist: ${existing.join(', ')}`, {
      hint: 'give --force to replace them, or name another folder',
    });
  }
  try {
    mkdirSync(folder, { recursive: true });
    for (const [i, { text }] of files.entries()) {
      if (overwrite) replaceFile(paths[i]!, text);
      else writeFileSync(paths[i]!, text, { flag: 'wx' });
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    throw new Failure('failed', `the files could not be written into "${folder}": ${code}`, { code, cause: error });
  }
  return paths;
}

/** Atomic: a reader sees the old text or the new one. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
