import { writeCsv } from './csv-lines.js';
import { writeJsonLines } from './json-lines.js';
import type { RowSource, Sink } from './sink.js';

/** A way to write a training file. */
export interface Format {
  mediatype: string;
  /** Writes all rows and says how many there were. The same rows give the same bytes, however they are batched. */
  write: (rows: RowSource, sink: Sink) => Promise<number>;
}

export const FORMAT_NAMES = ['csv', 'jsonl', 'parquet'] as const;
/** A format of training files. */
export type FormatName = (typeof FORMAT_NAMES)[number];

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  csv: { mediatype: 'text/csv', write: (rows, sink) => writeCsv(rows.lines(), sink) },
  jsonl: { mediatype: 'application/jsonl', write: (rows, sink) => writeJsonLines(rows.blocks(), sink) },
  parquet: {
    mediatype: 'application/vnd.apache.parquet',
    // Its library is loaded only by those who ask for it.
    write: async (rows, sink) => (await import('./parquet-file.js')).writeParquet(rows.blocks(), sink),
  },
};
