import type { TrainingRow } from '../core/training-row.js';

/** Where a writer puts its bytes, piece by piece: a file, a pipe. Text is UTF-8. */
export interface Sink {
  write(chunk: string | Uint8Array): Promise<void>;
}

/** Rows as they arrive, a batch at a time: never all at once. */
export type RowBatches = AsyncIterable<readonly TrainingRow[]>;
