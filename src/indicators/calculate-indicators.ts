import type { Candle } from '../core/candle.js';
import type { Indicators } from '../core/indicator-columns.js';
import { calculateColumns, toRunPrices } from './calculate-columns.js';
import { indicatorsAt } from './indicators-at.js';

/**
 * The indicators of one run: one record a candle, null where a definition gives no value yet.
 *
 * The candles are the consecutive minutes of one run, oldest first, each sound. A list with gaps or unsound
 * candles is cut into its runs first. The same candles always give the same numbers; the input is not changed.
 *
 * @example calculateIndicators(candles).at(-1)?.rsi // null before the 401st candle, then 0 to 100
 */
export function calculateIndicators(candles: readonly Candle[]): Indicators[] {
  const arrays = calculateColumns(toRunPrices(candles));
  return candles.map((_, i) => indicatorsAt(arrays, i));
}
