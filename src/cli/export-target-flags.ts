import { basename, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';
import type { Flags } from './flags.js';
import { toOutputStream } from './output-stream.js';

const FORMATS = ['csv', 'jsonl', 'parquet'] as const;
type Format = (typeof FORMATS)[number];

/** Where a training set goes, and how it is written there. */
export interface ExportTarget {
  /** An absolute path, or the stream itself. */
  out: string | Writable;
  format: Format;
  /** Whether the file is compressed as a whole: its name ends in `.gz`. */
  isGzipped: boolean;
}

/** What `--out` and `--format` mean; `-` is standard output, and without a format the file's ending says it. */
export function readExportTarget(flags: Flags, stdout: Writable): ExportTarget {
  const asked = flags.choice('--format', FORMATS);
  const out = flags.text('--out');
  if (!flags.isSet('--out')) flags.problems.add('--out was not given', 'name a file, or - for standard output');
  if (out === '-') {
    if (flags.isSet('--json')) addProblem(flags, '--json and --out - both want standard output');
    if (flags.isSet('--split')) addProblem(flags, '--split writes several files, and --out - is none');
    return { out: toOutputStream(stdout), format: asked ?? 'csv', isGzipped: false };
  }
  const target = flags.problems.attempt(() => targetOf(out ?? '', asked)) ?? { format: 'csv', isGzipped: false };
  return { out: resolve(flags.cwd, out ?? ''), ...target };
}

/**
 * How a file of this name is written.
 *
 * @param asked the format, whatever the name ends in
 * @throws Failure (usage) when the name ends in what is no format, or wants Parquet gzipped
 */
export function targetOf(path: string, asked?: Format): Omit<ExportTarget, 'out'> {
  const name = basename(path);
  const isGzipped = /\.gz$/i.test(name);
  const format = asked ?? formatOf(name);
  if (!isGzipped || format !== 'parquet') return { format, isGzipped };
  throw new Failure('usage', `--out was "${path}"`, {
    hint: 'a Parquet file compresses its columns itself: leave .gz out of its name',
  });
}

function addProblem(flags: Flags, message: string): void {
  flags.problems.add(message, 'give --out a file');
}

/**
 * The format that a file's ending says, with or without `.gz` behind it; CSV for a name that has none.
 *
 * @throws Failure (usage) when the ending is another one
 */
function formatOf(name: string): Format {
  const [, ending] = /[^.]\.([^.]+)$/.exec(name.replace(/\.gz$/i, '')) ?? [];
  if (ending === undefined) return 'csv';
  const format = FORMATS.find((candidate) => candidate === ending.toLowerCase());
  if (format) return format;
  throw new Failure('usage', `--out ends in ".${ending}", which is no format`, {
    hint: 'name it .csv, .jsonl or .parquet (or .csv.gz, .jsonl.gz), or say which with --format',
  });
}
