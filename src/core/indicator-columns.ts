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

export type IndicatorColumn = (typeof INDICATOR_COLUMNS)[number];

/** One candle's indicators; null where the definition gives no value yet. */
export type Indicators = Record<IndicatorColumn, number | null>;

/** Candles a recursive indicator needs before its first value, until its starting point no longer shows. */
export const WARM_UP = 400;

/** Candles that the longest window, that of volatility_60m, looks back. */
export const LONGEST_WINDOW = 60;

/** How far back a recursion starts, and how far on a changed candle can still change an indicator. */
export const RECURSION_REACH = 1000;

/** Minutes the forecast engine looks at. */
export const WINDOW = 600;
