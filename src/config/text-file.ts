import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { Failure, systemErrorCode } from '../core/failure.js';
import type { Environment } from '../core/io.js';

/** How a file is read, and how messages name it. */
interface TextFileOptions {
  /** Subject of the messages: `the file "symbols.txt"`. */
  name: string;
  hint?: string;
  /** Larger files are refused. */
  maxBytes?: number;
}

/**
 * The text of a file in UTF-8, without a byte order mark.
 *
 * @throws Failure (usage) for a file that is absent, a folder, too large or not readable
 */
export function readTextFile(path: string, { name, hint, maxBytes = Infinity }: TextFileOptions): string {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new Failure('usage', `${name} is a folder`, { hint });
    if (stats.size > maxBytes) {
      throw new Failure('usage', `${name} has ${stats.size} bytes`, {
        hint: `expected at most ${maxBytes}${hint ? `; ${hint}` : ''}`,
      });
    }
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = systemErrorCode(error);
    if (!code) throw error;
    const problem = code === 'ENOENT' ? 'was not found' : `could not be read: ${code}`;
    throw new Failure('usage', `${name} ${problem}`, { hint, code, cause: error });
  }
}

/** The variables of the `.env` file in `folder`; none if there is no such file. */
export function readDotEnv(folder: string): Environment {
  const path = join(folder, '.env');
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return {};
    if (!code) throw error;
    throw new Failure('usage', `"${path}" could not be read: ${code}`, {
      hint: 'make it a readable file of NAME=value lines, or run in another directory',
      code,
      cause: error,
    });
  }
}

/**
 * The lines of a list file without blank lines and comments (`#` to the end of the line).
 *
 * @param folder the folder to which the path is relative
 * @throws Failure (usage) when the file cannot be read or lists nothing.
 */
export function readListFile(path: string, folder: string): string[] {
  const lines = readTextFile(resolve(folder, path), { name: `file "${path}"` })
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  if (lines.length > 0) return lines;
  throw new Failure('usage', `file "${path}" lists nothing`, { hint: 'expected one entry a line; # begins a comment' });
}
