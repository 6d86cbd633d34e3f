import { writeCsv } from './csv.js';
import type { Format } from './format.js';
import { writeJsonLines } from './jsonl.js';

export const FORMAT_NAMES = ['csv', 'jsonl', 'parquet'] as const;
/** A format of training files. */
export type FormatName = (typeof FORMAT_NAMES)[number];

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  csv: { mediatype: 'text/csv', write: (rows, sink) => writeCsv(rows.lines(), sink) },
  jsonl: { mediatype: 'application/jsonl', write: (rows, sink) => writeJsonLines(rows.blocks(), sink) },
  parquet: {
    mediatype: 'application/vnd.apache.parquet',
    // Its library is loaded only by those who ask for it.
    write: async (rows, sink) => (await import('./write-parquet.js')).writeParquet(rows.blocks(), sink),
  },
};
