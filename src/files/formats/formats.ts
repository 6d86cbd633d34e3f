import { basename } from 'node:path';
import { Failure } from '../../core/failure.js';
import type { Format } from './format.js';

interface FormatEntry {
  /** Whether the format compresses by itself, so that its files are not gzipped. */
  isCompressed: boolean;
  load: () => Promise<Format>;
}

const ENTRIES = {
  csv: { isCompressed: false, load: async () => (await import('./csv.js')).csv },
  jsonl: { isCompressed: false, load: async () => (await import('./jsonl.js')).jsonl },
  parquet: { isCompressed: true, load: async () => (await import('./parquet.js')).parquet },
} as const satisfies Readonly<Record<string, FormatEntry>>;

/** A format of training files. */
export type FormatName = keyof typeof ENTRIES;

/**
 * The formats of training files by their names, which are the files' endings. `--format`, help and messages come from
 * this list. Every command reads it, so a format itself is loaded only when a file is written.
 */
export const FORMATS: Readonly<Record<FormatName, FormatEntry>> = ENTRIES;
export const FORMAT_NAMES = Object.keys(ENTRIES) as FormatName[];

/** The endings of training files: `.csv`, `.csv.gz`... */
export const FILE_ENDINGS: readonly string[] = FORMAT_NAMES.flatMap((name) =>
  FORMATS[name].isCompressed ? [`.${name}`] : [`.${name}`, `.${name}.gz`],
);

/** The format of a file without an ending, and of a stream. */
export const DEFAULT_FORMAT: FormatName = 'csv';

/**
 * The format of a file by the ending of its name, before `.gz` if it has that, and whether it is gzipped.
 *
 * @param path the path given with `--out`
 * @param given the format given with `--format`: then the ending does not matter
 * @throws Failure (usage) when the ending is not a format, or when `.gz` follows a format that compresses by itself
 */
export function findFormat(path: string, given?: FormatName): { format: FormatName; isGzipped: boolean } {
  const name = basename(path);
  const isGzipped = /\.gz$/i.test(name);
  const format = given ?? formatOf(name);
  if (!isGzipped || !FORMATS[format].isCompressed) return { format, isGzipped };
  throw new Failure('usage', `--out was "${path}"`, {
    hint: `a ${format} file is compressed by itself: leave .gz out of its name`,
  });
}

/** The format that the ending of a file names, before `.gz` if it has that; undefined when it names none. */
export function findEnding(path: string): FormatName | undefined {
  const ending = endingOf(basename(path))?.toLowerCase();
  return FORMAT_NAMES.find((candidate) => candidate === ending);
}

function endingOf(name: string): string | undefined {
  return /[^.]\.([^.]+)$/.exec(name.replace(/\.gz$/i, ''))?.[1];
}

function formatOf(name: string): FormatName {
  const ending = endingOf(name);
  if (ending === undefined) return DEFAULT_FORMAT;
  const format = findEnding(name);
  if (format) return format;
  throw new Failure('usage', `--out ends in ".${ending}", which is not a format`, {
    hint: `expected ${FILE_ENDINGS.join(', ')}; or give --format`,
  });
}
