import { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from '../core/indicator-columns.js';

/** What a column's difference is measured by: points, the close (MACD), or the value itself. */
type Scale = 'points' | 'close' | 'value';

/** A tenth of the tolerances within which every path must give the same numbers. */
const LIMITS: Record<Scale, number> = { points: 1e-8, close: 1e-10, value: 1e-10 };

const SCALES: Record<IndicatorColumn, Scale> = {
  rsi: 'points',
  macd: 'close',
  macd_signal: 'close',
  macd_histogram: 'close',
  bb_upper: 'value',
  bb_middle: 'value',
  bb_lower: 'value',
  stoch_k: 'points',
  stoch_d: 'points',
  volatility_1m: 'value',
  volatility_5m: 'value',
  volatility_15m: 'value',
  volatility_60m: 'value',
};

/**
 * Whether recomputed indicators really change what is stored: by more than rounding may.
 *
 * A value against null always differs; so does a stored NaN or infinity. `close` is the row's close.
 */
export function indicatorsDiffer(stored: Indicators, computed: Indicators, close: number): boolean {
  return INDICATOR_COLUMNS.some((column) => {
    const before = stored[column];
    const after = computed[column];
    if (before === null || after === null) return before !== after;
    return !(Math.abs(before - after) <= LIMITS[SCALES[column]] * unit(SCALES[column], after, close));
  });
}

function unit(scale: Scale, value: number, close: number): number {
  if (scale === 'points') return 1;
  return Math.abs(scale === 'close' ? close : value);
}
