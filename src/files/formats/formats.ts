import { basename } from 'node:path';
import { Failure } from '../../core/failure.js';
import { csv } from './csv.js';
import type { Format } from './format.js';
import { jsonl } from './jsonl.js';
import { parquet } from './parquet.js';

const BY_NAME = { csv, jsonl, parquet } as const;

/** A format of training files. */
export type FormatName = keyof typeof BY_NAME;

/** The formats of training files: a file's ending, `--format`, its help and the manifest come from this list. */
export const FORMATS: Readonly<Record<FormatName, Format>> = BY_NAME;
export const FORMAT_NAMES = Object.keys(BY_NAME) as FormatName[];

/** The format of a file without an ending, and of a stream. */
export const DEFAULT_FORMAT: FormatName = 'csv';

/**
 * How a file of this name is written: by its ending, with or without `.gz` behind it.
 *
 * @param path what `--out` names
 * @param asked the format, whatever the name ends in
 * @throws Failure (usage) when the ending is not a format, or when `.gz` stands behind a format that compresses itself
 */
export function findFormat(path: string, asked?: FormatName): { format: FormatName; isGzipped: boolean } {
  const name = basename(path);
  const isGzipped = /\.gz$/i.test(name);
  const format = asked ?? formatOf(name);
  if (!isGzipped || !FORMATS[format].isCompressed) return { format, isGzipped };
  throw new Failure('usage', `--out was "${path}"`, {
    hint: `a ${format} file is compressed by itself: leave .gz out of its name`,
  });
}

function formatOf(name: string): FormatName {
  const [, ending] = /[^.]\.([^.]+)$/.exec(name.replace(/\.gz$/i, '')) ?? [];
  if (ending === undefined) return DEFAULT_FORMAT;
  const format = FORMAT_NAMES.find((candidate) => candidate === ending.toLowerCase());
  if (format) return format;
  throw new Failure('usage', `--out ends in ".${ending}", which is not a format`, {
    hint: `expected ${FILE_ENDINGS.join(', ')}; or give --format`,
  });
}

/** The endings of the names of training files, as in `.csv.gz`. */
export const FILE_ENDINGS: readonly string[] = FORMAT_NAMES.flatMap(endingsOf);

function endingsOf(name: FormatName): string[] {
  return FORMATS[name].isCompressed ? [`.${name}`] : [`.${name}`, `.${name}.gz`];
}
