import { CANDLE_FIELDS } from './candle.js';
import { INDICATOR_COLUMNS } from './indicator-columns.js';
import { sourceAt, type RowBlock } from './row-block.js';
import type { TrainingRow } from './training-row.js';

/** Valid rows of one symbol in columns, ordered by time. */
export interface TrainingBlock {
  symbol: string;
  length: number;
  columns: RowBlock;
}

/** Valid rows as lines of CSV without a header, each of them ended; `length` is their number. */
export interface TrainingLines {
  length: number;
  bytes: Uint8Array;
}

/** One row of a block as a record; a number that is not finite counts as not there. */
export function trainingRowAt({ symbol, columns }: TrainingBlock, at: number): TrainingRow {
  const row: Record<string, string | number | null> = { symbol, timestamp: columns.openTime[at]! };
  for (const field of CANDLE_FIELDS) row[field] = columns[field][at]!;
  for (const column of INDICATOR_COLUMNS) {
    const value = columns[column][at]!;
    row[column] = Number.isFinite(value) ? value : null;
  }
  row.source = sourceAt(columns, at);
  return row as unknown as TrainingRow;
}
