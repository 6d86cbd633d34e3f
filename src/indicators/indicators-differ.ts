import { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from '../core/indicator-columns.js';
import type { IndicatorArrays } from './calculate-columns.js';

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

/**
 * `indicatorsDiffer` for one row of columns, without a record: for long lists.
 *
 * NaN is "no value" on both sides. What the database holds as NaN or infinity stands in `stored` as an
 * infinity, and differs from everything that can be computed. Each column is named, for a loop over the
 * names takes 13 times as long (400 ms against 30 for 525,600 rows).
 */
export function columnsDiffer(
  stored: IndicatorArrays,
  computed: IndicatorArrays,
  close: Float64Array,
  index: number,
): boolean {
  const { points } = LIMITS;
  const ofClose = LIMITS.close * Math.abs(close[index]!);
  return (
    differs(stored.rsi[index]!, computed.rsi[index]!, points) ||
    differs(stored.stoch_k[index]!, computed.stoch_k[index]!, points) ||
    differs(stored.stoch_d[index]!, computed.stoch_d[index]!, points) ||
    differs(stored.macd[index]!, computed.macd[index]!, ofClose) ||
    differs(stored.macd_signal[index]!, computed.macd_signal[index]!, ofClose) ||
    differs(stored.macd_histogram[index]!, computed.macd_histogram[index]!, ofClose) ||
    valueDiffers(stored.bb_upper[index]!, computed.bb_upper[index]!) ||
    valueDiffers(stored.bb_middle[index]!, computed.bb_middle[index]!) ||
    valueDiffers(stored.bb_lower[index]!, computed.bb_lower[index]!) ||
    valueDiffers(stored.volatility_1m[index]!, computed.volatility_1m[index]!) ||
    valueDiffers(stored.volatility_5m[index]!, computed.volatility_5m[index]!) ||
    valueDiffers(stored.volatility_15m[index]!, computed.volatility_15m[index]!) ||
    valueDiffers(stored.volatility_60m[index]!, computed.volatility_60m[index]!)
  );
}

function valueDiffers(before: number, after: number): boolean {
  return differs(before, after, LIMITS.value * Math.abs(after));
}

/** NaN, the only number that is not itself, against NaN does not differ; NaN against a number does. */
function differs(before: number, after: number, limit: number): boolean {
  return !(Math.abs(before - after) <= limit) && (before === before || after === after);
}
