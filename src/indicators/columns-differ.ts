import type { IndicatorArrays } from './calculate-columns.js';

/**
 * A tenth of the tolerances within which every path must give the same numbers: in points for RSI and
 * %K/%D, as a part of the close for MACD, as a part of the value for bands and volatility.
 */
const POINTS = 1e-8;
const PART_OF_CLOSE = 1e-10;
const PART_OF_VALUE = 1e-10;

/**
 * Whether a row's recomputed indicators really change what is stored: by more than rounding may.
 *
 * NaN is "no value" on both sides, and differs from any value. What the database holds as NaN or infinity stands in
 * `stored` as an infinity, and differs from everything that can be computed. `close` holds the rows' closes.
 * Each column is named, for a loop over the names takes ten times as long (400 ms against 30 for a year).
 */
export function columnsDiffer(
  stored: IndicatorArrays,
  computed: IndicatorArrays,
  close: Float64Array,
  index: number,
): boolean {
  const ofClose = PART_OF_CLOSE * Math.abs(close[index]!);
  return (
    differs(stored.rsi[index]!, computed.rsi[index]!, POINTS) ||
    differs(stored.stoch_k[index]!, computed.stoch_k[index]!, POINTS) ||
    differs(stored.stoch_d[index]!, computed.stoch_d[index]!, POINTS) ||
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
  return differs(before, after, PART_OF_VALUE * Math.abs(after));
}

/** NaN, the only number that is not itself, against NaN does not differ; NaN against a number does. */
function differs(before: number, after: number, limit: number): boolean {
  return !(Math.abs(before - after) <= limit) && (before === before || after === after);
}
