/** The 13 indicator columns of `rolling_chart_data`, in the table's order. */
export const INDICATOR_COLUMNS = [
  'rsi',
  'macd',
  'macd_signal',
  'macd_histogram',
  'bb_upper',
  'bb_middle',
  'bb_lower',
  'stoch_k',
  'stoch_d',
  'volatility_1m',
  'volatility_5m',
  'volatility_15m',
  'volatility_60m',
] as const;

/** The name of one of them. */
export type IndicatorColumn = (typeof INDICATOR_COLUMNS)[number];

/** One candle's indicators; null where the definition gives no value yet. */
export type Indicators = {
  /** RSI(14), Wilder's smoothing: points, 0 to 100. */
  rsi: number | null;
  /** EMA12 - EMA26 of the close, in units of the quote asset. */
  macd: number | null;
  /** EMA9 of `macd`. */
  macd_signal: number | null;
  /** `macd` - `macd_signal`. */
  macd_histogram: number | null;
  /** `bb_middle` + 2 population standard deviations. */
  bb_upper: number | null;
  /** Mean of the last 20 closes, in units of the quote asset. */
  bb_middle: number | null;
  /** `bb_middle` - 2 population standard deviations. */
  bb_lower: number | null;
  /** Raw %K over 14 candles: points, 0 to 100. */
  stoch_k: number | null;
  /** Mean of the last 3 `stoch_k`. */
  stoch_d: number | null;
  /** Realised volatility of the last minute: square root of the summed squared log returns, not annualised. */
  volatility_1m: number | null;
  /** The same of the last 5 minutes. */
  volatility_5m: number | null;
  /** The same of the last 15 minutes. */
  volatility_15m: number | null;
  /** The same of the last 60 minutes. */
  volatility_60m: number | null;
};

/** Candles that the longest window, that of volatility_60m, looks back. */
export const LONGEST_WINDOW = 60;
