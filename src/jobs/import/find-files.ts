import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Failure, systemErrorCode } from '../../core/failure.js';
import { isSymbol, SYMBOL_FORM, toStoredForm } from '../../core/symbol.js';
import { type ArchiveFile, parseFileName } from '../../exchange/archive/archive-file.js';

/** A file that is not imported. */
export interface RefusedFile {
  /** Its absolute path. */
  path: string;
  /** Why. */
  reason: string;
}

/** A file that may hold candles. */
export interface FoundFile {
  /** Absolute. */
  path: string;
  kind: 'zip' | 'csv';
  /** What its name says, of a file of the archive. */
  named: ArchiveFile | undefined;
  /** Whether it was given itself, not its folder. */
  isGiven: boolean;
}

/** The files of paths. */
export interface FoundFiles {
  files: FoundFile[];
  refused: RefusedFile[];
  /** The paths of files in folders that are no files of candles. */
  others: string[];
}

/** Names of the archive with other contents than one-minute klines, or with a date that does not exist. */
const OTHER_CONTENT = /^.+-(\d+(?:s|m|h|d|w|mo|M)|trades|aggTrades)-\d{4}-\d{1,2}(?:-\d{1,2})?\.(?:zip|csv)$/u;

/**
 * Finds the files to import: those that were given, and those in the folders that were given, at any depth.
 *
 * @param paths absolute, or relative to the working directory
 * @throws Failure (usage) for a path that does not exist
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFiles> {
  const found: FoundFiles = { files: [], refused: [], others: [] };
  const seen = new Set<string>();
  for (const given of paths.map((path) => resolve(path))) {
    for (const { path, isGiven } of await listPath(given)) {
      if (seen.has(path)) continue;
      seen.add(path);
      classify(found, path, isGiven);
    }
  }
  return found;
}

async function listPath(given: string): Promise<Pick<FoundFile, 'path' | 'isGiven'>[]> {
  try {
    if (!(await stat(given)).isDirectory()) return [{ path: given, isGiven: true }];
    const entries = await readdir(given, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
    const inFolder = files.map((entry) => ({ path: join(entry.parentPath, entry.name), isGiven: false }));
    return inFolder.sort((a, b) => (a.path < b.path ? -1 : 1));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const problem = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read: ${code}`;
    throw new Failure('usage', `"${given}" ${problem}`, { hint: 'expected files or folders', code, cause: error });
  }
}

function classify({ files, refused, others }: FoundFiles, path: string, isGiven: boolean): void {
  const name = basename(path);
  if (name.endsWith('.zip.CHECKSUM')) return; // read with its zip
  const plainName = name.replace(/\.gz$/, '');
  const kind = name.endsWith('.zip') ? 'zip' : plainName.endsWith('.csv') ? 'csv' : undefined;
  const named = kind && parseFileName(plainName);
  const content = OTHER_CONTENT.exec(plainName)?.[1];
  if (named) {
    const symbol = toStoredForm(named.symbol);
    if (isSymbol(symbol)) files.push({ path, kind, named: { ...named, symbol }, isGiven });
    else refused.push({ path, reason: `its name begins with "${named.symbol}", expected ${SYMBOL_FORM}` });
  } else if (content !== undefined) {
    const reason = content === '1m' ? 'the date in its name does not exist' : `it holds ${content}, expected 1m`;
    refused.push({ path, reason });
  } else if (kind === 'csv') {
    files.push({ path, kind, named, isGiven });
  } else if (isGiven) {
    refused.push({
      path,
      reason: 'its name is none of a file to import, expected one as BTCUSDT-1m-2024-01.zip, or .csv',
    });
  } else {
    others.push(path);
  }
}
