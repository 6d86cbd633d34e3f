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
  lookBack: { stoch_k: K_PERIOD - 1, stoch_d: K_PERIOD + D_PERIOD - 2 },
  calculate: ({ high, low, close }) => {
    const k = new Float64Array(close.length);
    const d = new Float64Array(close.length);
    for (let i = K_PERIOD - 1; i < close.length; i += 1) {
      let highest = high[i]!;
      let lowest = low[i]!;
      for (let j = i - K_PERIOD + 1; j < i; j += 1) {
        if (high[j]! > highest) highest = high[j]!;
        if (low[j]! < lowest) lowest = low[j]!;
      }
      const range = highest - lowest;
      k[i] = range === 0 ? 0 : 100 * ((close[i]! - lowest) / range);
      if (i >= K_PERIOD + D_PERIOD - 2) d[i] = (k[i - 2]! + k[i - 1]! + k[i]!) / D_PERIOD;
    }
    return { stoch_k: k, stoch_d: d };
  },
};
