import { CANDLE_FIELDS, type Source } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import { INDICATOR_COLUMNS, type Indicators } from '../indicators/indicators.js';
import { type RowBlock, sourceAt } from './row-block.js';

/** One valid row as the training reads it; every number is finite. */
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
  /** Where the candle came from. */
  source: Source;
}

/** What a training file and its manifest say about a column. */
export interface TrainingColumn {
  name: keyof TrainingRow;
  type: 'string' | 'datetime' | 'number';
  unit: string;
  description: string;
  isNullable: boolean;
}

const QUOTE = 'quote asset';
const POINTS = 'points, 0 to 100';
const RETURN = 'log return, not annualised';

/** The columns of a training file, in order. */
export const TRAINING_COLUMNS: readonly TrainingColumn[] = [
  column('symbol', 'string', '', 'Trading pair, such as BTCUSDT'),
  column('timestamp', 'datetime', 'UTC', "The candle's open time, on the whole minute"),
  column('open', 'number', QUOTE, 'First price of the minute'),
  column('high', 'number', QUOTE, 'Highest price of the minute'),
  column('low', 'number', QUOTE, 'Lowest price of the minute'),
  column('close', 'number', QUOTE, 'Last price of the minute'),
  column('volume', 'number', 'base asset', 'Traded volume'),
  indicator('rsi', POINTS, "RSI(14), Wilder's smoothing"),
  indicator('macd', QUOTE, 'EMA12 - EMA26 of the close'),
  indicator('macd_signal', QUOTE, 'EMA9 of macd'),
  indicator('macd_histogram', QUOTE, 'macd - macd_signal'),
  indicator('bb_upper', QUOTE, 'bb_middle + 2 population standard deviations'),
  indicator('bb_middle', QUOTE, 'Mean of the last 20 closes'),
  indicator('bb_lower', QUOTE, 'bb_middle - 2 population standard deviations'),
  indicator('stoch_k', POINTS, 'Raw %K over 14 candles'),
  indicator('stoch_d', POINTS, 'Mean of the last 3 stoch_k'),
  indicator('volatility_1m', RETURN, 'Realised volatility of the last minute'),
  indicator('volatility_5m', RETURN, 'Realised volatility of the last 5 minutes'),
  indicator('volatility_15m', RETURN, 'Realised volatility of the last 15 minutes'),
  indicator('volatility_60m', RETURN, 'Realised volatility of the last 60 minutes'),
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

function indicator(name: keyof Indicators, unit: string, description: string): TrainingColumn {
  return { name, type: 'number', unit, description, isNullable: true };
}

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
