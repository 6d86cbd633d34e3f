import { CANDLE_FIELDS, type Source } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import { QUOTE_UNIT } from '../indicators/indicator.js';
import { COLUMN_DEFINITIONS, INDICATOR_COLUMNS, type Indicators } from '../indicators/indicators.js';
import { type RowBlock, sourceAt } from './row-block.js';

/** One valid row as a training reads it; every number is finite. */
export interface TrainingRow extends Indicators {
  /** Trading pair, such as BTCUSDT. */
  symbol: string;
  /** The candle's open time: epoch milliseconds. */
  timestamp: Minute;
  /** First price of the minute, in units of the quote asset. */
  open: number;
  /** Highest price. */
  high: number;
  /** Lowest price. */
  low: number;
  /** Last price. */
  close: number;
  /** Traded volume, in units of the base asset (BTC in BTCUSDT). */
  volume: number;
  /** The source of the candle. */
  source: Source;
}

/** One column of a training file and of its manifest. */
export interface TrainingColumn {
  name: keyof TrainingRow;
  type: 'string' | 'datetime' | 'number';
  unit: string;
  description: string;
  isNullable: boolean;
}

/** The columns of a training file, in order. */
export const TRAINING_COLUMNS: readonly TrainingColumn[] = [
  column('symbol', 'string', '', 'Trading pair, such as BTCUSDT'),
  column('timestamp', 'datetime', 'UTC', "The candle's open time, on the whole minute"),
  column('open', 'number', QUOTE_UNIT, 'First price of the minute'),
  column('high', 'number', QUOTE_UNIT, 'Highest price of the minute'),
  column('low', 'number', QUOTE_UNIT, 'Lowest price of the minute'),
  column('close', 'number', QUOTE_UNIT, 'Last price of the minute'),
  column('volume', 'number', 'base asset', 'Traded volume'),
  ...INDICATOR_COLUMNS.map((name): TrainingColumn => {
    const { unit, description } = COLUMN_DEFINITIONS[name];
    return { name, type: 'number', unit, description, isNullable: true };
  }),
  column('source', 'string', '', 'Where the candle came from: BINANCE, BINANCE_BACKFILL or FALLBACK'),
];

function column(
  name: keyof TrainingRow,
  type: TrainingColumn['type'],
  unit: string,
  description: string,
): TrainingColumn {
  return { name, type, unit, description, isNullable: false };
}

/** Valid rows of one symbol in columns, ordered by time. */
export interface TrainingBlock {
  symbol: string;
  length: number;
  columns: RowBlock;
}

/** Valid rows as CSV without a header, each line ended by a line feed; `length` counts the rows. */
export interface TrainingLines {
  length: number;
  bytes: Uint8Array;
}

/** One row of a block as a record; an indicator that is not finite becomes null. */
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
