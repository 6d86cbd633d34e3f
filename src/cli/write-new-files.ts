import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.js';
import { systemErrorCode } from './system-error.js';

/**
 * Writes files into a folder, which is made if need be, and answers their paths.
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
  const inTheWay = replaces ? [] : paths.filter((path) => existsSync(path));
  if (inTheWay.length > 0) {
    throw new Failure('usage', `there is already: ${inTheWay.join(', ')}`, {
      hint: 'give --force to replace what is there, or another folder',
    });
  }
  try {
    mkdirSync(folder, { recursive: true });
    for (const [i, { text }] of files.entries()) writeFileSync(paths[i]!, text, { flag: replaces ? 'w' : 'wx' });
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    throw new Failure('failed', `the files could not be written into "${folder}": ${code}`, { code, cause: error });
  }
  return paths;
}
