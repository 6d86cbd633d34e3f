import type { Minute } from '../../core/minute.js';
import type { TrainingBlock, TrainingLines } from '../../rows/training-row.js';
import type { Sink } from '../sink.js';

/** `2025-06-01T12:00:00Z`: ISO 8601 as data files write it, milliseconds only where there are any. */
export function toIsoTime(time: Minute): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

/** Batches as they arrive: never all at once. */
export type Blocks = AsyncIterable<TrainingBlock>;
export type Lines = AsyncIterable<TrainingLines>;

/** The rows of a file, in the form that its format takes; they are there to be asked for once. */
export interface RowSource {
  blocks(): Blocks;
  lines(): Lines;
}

/** A way to write a training file. */
export interface Format {
  mediatype: string;
  /** Writes all rows and says how many there were. The same rows give the same bytes, however they are batched. */
  write: (rows: RowSource, sink: Sink) => Promise<number>;
}
