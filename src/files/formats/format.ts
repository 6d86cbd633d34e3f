import type { Minute } from '../../core/minute.js';
import type { TrainingBlock, TrainingLines } from '../../rows/training-row.js';
import type { Sink } from '../sink.js';

/** A format of training files: how they are written and read. */
export interface Format {
  /** As in FORMATS, and the file's ending. */
  name: string;
  mediatype: string;
  /** Whether the file is UTF-8 text. */
  isText: boolean;
  /** The format's member of a resource in a data package: how the text is divided. */
  dialect?: object;
  /** Code that reads a file of this name in the working directory. */
  readingCode: (name: string) => ReadingCode;
  /** Writes all rows and returns their number. The same rows give the same bytes, in batches of any size. */
  write: (rows: RowSource, sink: Sink) => Promise<number>;
}

/** Code that reads a training file exactly: every number the same double, times in UTC, symbols as text. */
export interface ReadingCode {
  /** Python. */
  pandas: string;
  /** Python. */
  polars: string;
  /** SQL. */
  duckdb: string;
}

/** The rows of a file, as blocks or as lines of CSV. They can be read once. */
export interface RowSource {
  blocks(): Blocks;
  lines(): Lines;
}

/** Batches as they arrive: never all at once. */
export type Blocks = AsyncIterable<TrainingBlock>;
export type Lines = AsyncIterable<TrainingLines>;

/** `2025-06-01T12:00:00Z`: ISO 8601 as data files write it, with milliseconds only if there are any. */
export function toIsoTime(time: Minute): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
