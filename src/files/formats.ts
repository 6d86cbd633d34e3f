import { writeCsv } from './csv-lines.js';
import { writeJsonLines } from './json-lines.js';
import type { RowBatches, Sink } from './sink.js';

/** A way to write a training file. */
export interface Format {
  mediatype: string;
  /** Writes all rows and says how many there were. The same rows give the same bytes, however they are batched. */
  write: (batches: RowBatches, sink: Sink) => Promise<number>;
}

export const FORMAT_NAMES = ['csv', 'jsonl', 'parquet'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  csv: { mediatype: 'text/csv', write: writeCsv },
  jsonl: { mediatype: 'application/jsonl', write: writeJsonLines },
  parquet: {
    mediatype: 'application/vnd.apache.parquet',
    // Its library is loaded only by those who ask for it.
    write: async (batches, sink) => (await import('./parquet-file.js')).writeParquet(batches, sink),
  },
};
