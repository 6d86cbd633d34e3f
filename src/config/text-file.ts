import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { Failure, systemErrorCode } from '../core/failure.js';
import type { Environment } from '../core/io.js';

/** The variables of the `.env` file in `folder`; none if there is no such file. */
export function readDotEnv(folder: string): Environment {
  const file = join(folder, '.env');
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return {};
    if (!code) throw error;
    throw new Failure('usage', `"${file}" could not be read: ${code}`, {
      hint: 'make it a readable file of NAME=value lines, or run in another directory',
      code,
      cause: error,
    });
  }
}

/**
 * The lines of a list file without blank lines and comments (`#` to the end of the line).
 *
 * @throws Failure (usage) when the file cannot be read or lists nothing.
 */
export function readListFile(path: string, folder: string): string[] {
  const lines = readText(resolve(folder, path), path)
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  if (lines.length > 0) return lines;
  throw new Failure('usage', `file "${path}" lists nothing`, { hint: 'expected one entry a line; # begins a comment' });
}

function readText(file: string, shownAs: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    const why = code === 'ENOENT' ? 'was not found' : `could not be read: ${code}`;
    throw new Failure('usage', `file "${shownAs}" ${why}`, { code, cause: error });
  }
}
