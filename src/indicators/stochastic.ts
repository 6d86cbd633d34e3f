import { POINTS_TOLERANCE, POINTS_UNIT, type Indicator } from './indicator.js';

const K_PERIOD = 14;
const D_PERIOD = 3;
const K_LOOK_BACK = K_PERIOD - 1;
const D_LOOK_BACK = K_LOOK_BACK + D_PERIOD - 1;

const SHARED = { unit: POINTS_UNIT, tolerance: POINTS_TOLERANCE };

/**
 * Stochastic oscillator, 0 to 100 points.
 *
 * stoch_k = 100 * (close - L) / (H - L), where L and H are the lowest low and the highest high of 14 candles, and 0
 * when H = L; stoch_d is the mean of the last 3 stoch_k. Source: George Lane, 1950s; TA-Lib's STOCHF(14, 3).
 *
 * Written here instead of taken from indicatorts' `stoch`: there a zero range is NaN, and its running sum
 * carries that NaN into every later stoch_d.
 */
export const stochastic: Indicator<'stoch_k' | 'stoch_d'> = {
  isRecursive: false,
  columns: {
    stoch_k: {
      ...SHARED,
      title: '%K',
      description: `Raw %K over ${K_PERIOD} candles`,
      parameters: { period: K_PERIOD },
      lookBack: K_LOOK_BACK,
      line: { title: '%K', ink: 0 },
    },
    stoch_d: {
      ...SHARED,
      title: '%D',
      description: `Mean of the last ${D_PERIOD} stoch_k`,
      parameters: { period: K_PERIOD, smoothingPeriod: D_PERIOD },
      lookBack: D_LOOK_BACK,
      line: { title: '%D', ink: 1, style: 'dashed' },
    },
  },
  pane: { name: 'stochastic', title: 'Stochastic', isOverlay: false, isShown: false, levels: [20, 80] },
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
      if (i >= D_LOOK_BACK) d[i] = (k[i - 2]! + k[i - 1]! + k[i]!) / D_PERIOD;
    }
    return { stoch_k: k, stoch_d: d };
  },
};

/** The index of the highest value in the window that ends at `end`; `last` is the index for the window before. */
function indexOfHighest(values: Float64Array, last: number, end: number): number {
  if (values[end]! >= values[last]!) return end;
  const start = end - K_PERIOD + 1;
  if (last >= start) return last;
  let found = start;
  for (let i = start + 1; i <= end; i += 1) if (values[i]! >= values[found]!) found = i;
  return found;
}

/** The same for the lowest value. */
function indexOfLowest(values: Float64Array, last: number, end: number): number {
  if (values[end]! <= values[last]!) return end;
  const start = end - K_PERIOD + 1;
  if (last >= start) return last;
  let found = start;
  for (let i = start + 1; i <= end; i += 1) if (values[i]! <= values[found]!) found = i;
  return found;
}
