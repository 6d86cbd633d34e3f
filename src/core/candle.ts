import type { Minute } from './minute.js';

/** The trusted record of one closed minute; `openTime` is epoch milliseconds on the whole minute, UTC. */
export interface Candle {
  /** When the minute begins: epoch milliseconds, on the whole minute. */
  openTime: Minute;
  /** First price of the minute, in units of the quote asset. */
  open: number;
  /** Highest price. */
  high: number;
  /** Lowest price. */
  low: number;
  /** Last price. */
  close: number;
  /** In units of the base asset (BTC in BTCUSDT). */
  volume: number;
}

/** A candle as the database may hold it: any of its five numbers can be missing. */
export type StoredCandle = { openTime: Minute } & { [K in CandleField]: number | null };

export const CANDLE_FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;
/** The five numbers of a candle. */
export type CandleField = (typeof CANDLE_FIELDS)[number];

/** The sources of stored candles. */
export const SOURCES = ['BINANCE', 'FALLBACK', 'BINANCE_BACKFILL'] as const;
/** The source of a stored candle: Binance in its own minute, another exchange, or Binance later. */
export type Source = (typeof SOURCES)[number];

/**
 * Whether all five numbers are present and finite, prices above 0, volume at least 0, low <= open, close <= high.
 *
 * @example isSound({ openTime: 0, open: 1, high: 2, low: 1, close: 2, volume: 0 }) // true
 */
export function isSound(candle: StoredCandle): candle is Candle {
  const { open, high, low, close, volume } = candle;
  return areSoundNumbers(open ?? NaN, high ?? NaN, low ?? NaN, close ?? NaN, volume ?? NaN);
}

/** The definition of a sound candle; a missing number is NaN. `SOUND_SQL` says the same in SQL. */
export function areSoundNumbers(open: number, high: number, low: number, close: number, volume: number): boolean {
  const isOrdered = low > 0 && low <= open && low <= close && open <= high && close <= high; // false with any NaN
  return isOrdered && high < Infinity && volume >= 0 && volume < Infinity;
}

/** Whether two candles hold the same five numbers (missing equals missing). */
export function hasSameNumbers(a: StoredCandle, b: StoredCandle): boolean {
  return CANDLE_FIELDS.every((field) => Object.is(a[field], b[field]) || a[field] === b[field]);
}
