import { extname, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { Flags } from './flags.js';
import { toOutputStream } from './output-stream.js';

const FORMATS = ['csv', 'jsonl', 'parquet'] as const;

/** Where a training set goes, and how it is written there. */
export interface ExportTarget {
  /** An absolute path, or the stream itself. */
  out: string | Writable;
  format: (typeof FORMATS)[number];
}

/** What `--out` and `--format` mean; `-` is standard output, and without a format the file's ending says it. */
export function readExportTarget(flags: Flags, stdout: Writable): ExportTarget {
  const format = flags.choice('--format', FORMATS);
  const out = flags.text('--out');
  if (!flags.isSet('--out')) flags.problems.add('--out was not given', 'name a file, or - for standard output');
  if (out === '-' && flags.isSet('--json')) {
    flags.problems.add('--json and --out - both want standard output', 'give --out a file');
  }
  const ending = FORMATS.find((candidate) => extname(out ?? '') === `.${candidate}`);
  return {
    out: out === '-' ? toOutputStream(stdout) : resolve(flags.cwd, out ?? ''),
    format: format ?? ending ?? 'csv',
  };
}
