import type { Indicator } from './indicator.js';

const K_PERIOD = 14;
const D_PERIOD = 3;

/**
 * Stochastic oscillator, 0 to 100 points.
 *
 * stoch_k = 100 * (close - L) / (H - L), where L and H are the lowest low and the highest high of 14 candles, and 0
 * when H = L; stoch_d is the mean of the last 3 stoch_k. Source: George Lane, 1950s; TA-Lib's STOCHF(14, 3).
 *
 * Our own lines instead of indicatorts' `stoch`: there a zero range is NaN, and its running sum
 * carries that NaN into every later stoch_d.
 */
export const stochastic: Indicator<'stoch_k' | 'stoch_d'> = {
  parameters: { stoch_k: { period: K_PERIOD }, stoch_d: { period: K_PERIOD, smoothingPeriod: D_PERIOD } },
  lookBack: { stoch_k: K_PERIOD - 1, stoch_d: K_PERIOD + D_PERIOD - 2 },
  calculate: ({ high, low, close }) => {
    const k = new Float64Array(close.length);
    const d = new Float64Array(close.length);
    let highest = 0;
    let lowest = 0;
    for (let i = 0; i < close.length; i += 1) {
      highest = indexOfHighest(high, highest, i);
      lowest = indexOfLowest(low, lowest, i);
      const bottom = low[lowest]!;
      const range = high[highest]! - bottom;
      k[i] = range === 0 ? 0 : 100 * ((close[i]! - bottom) / range);
      if (i >= K_PERIOD + D_PERIOD - 2) d[i] = (k[i - 2]! + k[i - 1]! + k[i]!) / D_PERIOD;
    }
    return { stoch_k: k, stoch_d: d };
  },
};

/** Where the highest of the window that ends at `end` stands; `last` is the place for the window before. */
function indexOfHighest(values: Float64Array, last: number, end: number): number {
  if (values[end]! >= values[last]!) return end;
  const start = end - K_PERIOD + 1;
  if (last >= start) return last;
  let found = start;
  for (let i = start + 1; i <= end; i += 1) if (values[i]! >= values[found]!) found = i;
  return found;
}

/** The same for the lowest. */
function indexOfLowest(values: Float64Array, last: number, end: number): number {
  if (values[end]! <= values[last]!) return end;
  const start = end - K_PERIOD + 1;
  if (last >= start) return last;
  let found = start;
  for (let i = start + 1; i <= end; i += 1) if (values[i]! <= values[found]!) found = i;
  return found;
}
