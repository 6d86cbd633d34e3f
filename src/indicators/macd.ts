import { ema } from 'indicatorts';
import { WARM_UP } from '../core/indicator-columns.js';
import type { Indicator } from './indicator.js';

const FAST = 12;
const SLOW = 26;
const SIGNAL = 9;

type MacdColumn = 'macd' | 'macd_signal' | 'macd_histogram';

/**
 * Moving average convergence divergence, in units of the price.
 *
 * macd = EMA12(close) - EMA26(close), macd_signal = EMA9(macd), macd_histogram = macd - macd_signal;
 * an EMA over N candles weighs the newest with 2 / (N + 1). Source: Gerald Appel, 1979.
 */
export const macd: Indicator<MacdColumn> = {
  lookBack: { macd: WARM_UP, macd_signal: WARM_UP, macd_histogram: WARM_UP },
  calculate: ({ close }) => convergence(close),
};

/**
 * The three columns, seeded as TA-Lib seeds them; `macd` has a value from index 25, the others from 33, before it NaN.
 *
 * Both averages start at index 25: the slow one with the mean of candles 0..25, the fast one with that of 14..25.
 * indicatorts' own MACD starts both with the first close.
 */
export function convergence(close: Float64Array): Record<MacdColumn, Float64Array> {
  const fast = seededAverage(close, SLOW - FAST, FAST);
  const slow = seededAverage(close, 0, SLOW);
  const line = fast.map((value, i) => value - slow[i]!);
  const signal = seededAverage(line, SLOW - 1, SIGNAL);
  return { macd: line, macd_signal: signal, macd_histogram: line.map((value, i) => value - signal[i]!) };
}

/**
 * The exponential average over `period` candles whose first value, the plain mean of the `period` values from
 * `start` on, stands at the last of these; NaN before it.
 */
function seededAverage(values: Float64Array, start: number, period: number): Float64Array {
  const first = start + period - 1;
  const result = new Float64Array(values.length).fill(NaN);
  if (first >= values.length) return result;
  let sum = 0;
  for (let i = start; i <= first; i += 1) sum += values[i]!;
  const seeded = new Array<number>(values.length - first);
  seeded[0] = sum / period;
  for (let i = 1; i < seeded.length; i += 1) seeded[i] = values[first + i]!;
  result.set(ema(seeded, { period }), first);
  return result;
}
