import type { TrainingBlock, TrainingLines } from '../core/training-batch.js';

/**
 * Where a writer puts its bytes, piece by piece: a file, a pipe. Text is UTF-8. Once a write has settled, nothing is
 * kept of its chunk.
 */
export interface Sink {
  write(chunk: string | Uint8Array): Promise<void>;
}

/** Batches as they arrive: never all at once. */
export type Blocks = AsyncIterable<TrainingBlock>;
export type Lines = AsyncIterable<TrainingLines>;

/** The rows of a file, in the form that its format takes; they are there to be asked for once. */
export interface RowSource {
  blocks(): Blocks;
  lines(): Lines;
}
