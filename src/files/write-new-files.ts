import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, systemErrorCode } from '../core/failure.js';

/** A file that does not exist yet. */
export interface NewFile {
  /** Relative to the folder that it is written into. */
  path: string;
  text: string;
  /** The permissions, such as 0o600 for a secret; default: those of the process's umask. */
  mode?: number;
}

const FORCE_HINT = 'give --force to replace them, or another folder';

/**
 * Writes files into a folder, which is created if necessary, and returns their paths. A symbolic link is replaced like a
 * file; its target is not changed. Unless files are replaced, all of them are written or none.
 *
 * @param replaces whether existing files may be replaced
 * @param hint what to do about existing files
 * @throws Failure (usage) that names existing files, before anything is written; (failed) when a file cannot be written
 */
export function writeNewFiles(
  folder: string,
  files: readonly NewFile[],
  replaces: boolean,
  hint = FORCE_HINT,
): string[] {
  const paths = files.map(({ path }) => join(folder, path));
  if (!replaces) requireAbsent(paths, hint);
  const created: string[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    for (const [i, { text, mode }] of files.entries()) {
      if (replaces) replaceFile(paths[i]!, text, mode);
      else createFile(paths[i]!, text, mode, () => created.push(paths[i]!));
    }
  } catch (error) {
    for (const path of created) rmSync(path, { force: true });
    const code = systemErrorCode(error);
    if (!code) throw error;
    if (code === 'EEXIST' && !replaces) requireAbsent(paths, hint); // another process has created it meanwhile
    throw new Failure('failed', `cannot write into "${folder}": ${code}`, { code, cause: error });
  }
  return paths;
}

/**
 * Requires that none of these files exists; a symbolic link counts as one, wherever it leads.
 *
 * @throws Failure (usage) that names those that do
 */
export function requireAbsent(paths: readonly string[], hint: string): void {
  const existing = paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (existing.length === 0) return;
  throw new Failure('usage', `files exist already: ${existing.join(', ')}`, { hint, code: 'FILE_EXISTS' });
}

/** @param onCreated called as soon as the file exists, also if it cannot be filled then */
function createFile(path: string, text: string, mode: number | undefined, onCreated: () => void): void {
  const file = openSync(path, 'wx', mode);
  onCreated();
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

/** Atomically: a concurrent reader sees the old text or the new one. */
function replaceFile(path: string, text: string, mode: number | undefined): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
