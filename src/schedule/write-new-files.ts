import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';

/**
 * Writes files into a folder, which is created if necessary, and returns their paths. A symbolic link is replaced like a
 * file; its target is not changed.
 *
 * @param replaces whether existing files may be replaced
 * @throws Failure (usage) that names existing files, before anything is written; (failed) when a file cannot be written
 */
export function writeNewFiles(
  folder: string,
  files: readonly { path: string; text: string }[],
  replaces: boolean,
): string[] {
  const paths = files.map(({ path }) => join(folder, path));
  const existing = replaces ? [] : paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (existing.length > 0) {
    throw new Failure('usage', `files exist already: ${existing.join(', ')}`, {
      hint: 'give --force to replace them, or another folder',
    });
  }
  try {
    mkdirSync(folder, { recursive: true });
    for (const [i, { text }] of files.entries()) {
      if (replaces) replaceFile(paths[i]!, text);
      else writeFileSync(paths[i]!, text, { flag: 'wx' });
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    throw new Failure('failed', `cannot write into "${folder}": ${code}`, { code, cause: error });
  }
  return paths;
}

/** Atomically: a concurrent reader sees the old text or the new one. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
