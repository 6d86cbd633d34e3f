import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';

/**
 * Writes files into a folder, which is made if need be, and answers their paths. A link in a file's place is replaced
 * like any other file: what it points to is not written.
 *
 * @param replaces whether files that are there may be replaced
 * @throws Failure (usage) that names the files in the way, before anything is written; (failed) when it cannot be written
 */
export function writeNewFiles(
  folder: string,
  files: readonly { path: string; text: string }[],
  replaces: boolean,
): string[] {
  const paths = files.map(({ path }) => join(folder, path));
  const inTheWay = replaces ? [] : paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (inTheWay.length > 0) {
    throw new Failure('usage', `there is already: ${inTheWay.join(', ')}`, {
      hint: 'give --force to replace what is there, or another folder',
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
    throw new Failure('failed', `the files could not be written into "${folder}": ${code}`, { code, cause: error });
  }
  return paths;
}

/** In one step: who reads the file meanwhile sees the old text or the new one. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
