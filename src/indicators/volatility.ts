import type { Indicator } from './indicator.js';

type VolatilityColumn = 'volatility_1m' | 'volatility_5m' | 'volatility_15m' | 'volatility_60m';

/**
 * Realised volatility: the square root of the sum of the last N squared one-minute log returns, N = 1, 5, 15, 60.
 *
 * A plain number (0.01 is about 1 %), not annualised, without subtracting a mean. indicatorts has no such
 * function. Each window is summed anew, newest first, so that a value never depends on what went before its
 * window. Source: Andersen and Bollerslev, "Answering the Skeptics", 1998.
 */
export const volatility: Indicator<VolatilityColumn> = {
  lookBack: { volatility_1m: 1, volatility_5m: 5, volatility_15m: 15, volatility_60m: 60 },
  calculate: ({ close }) => {
    const squares = new Float64Array(close.length);
    for (let i = 1; i < close.length; i += 1) squares[i] = logReturn(close[i - 1]!, close[i]!) ** 2;
    const of1 = new Float64Array(close.length);
    const of5 = new Float64Array(close.length);
    const of15 = new Float64Array(close.length);
    const of60 = new Float64Array(close.length);
    for (let i = 1; i < close.length; i += 1) {
      let sum = squares[i]!;
      of1[i] = Math.sqrt(sum);
      sum = addBack(sum, squares, i, 1, 5);
      of5[i] = Math.sqrt(sum);
      sum = addBack(sum, squares, i, 5, 15);
      of15[i] = Math.sqrt(sum);
      sum = addBack(sum, squares, i, 15, 60);
      of60[i] = Math.sqrt(sum);
    }
    return { volatility_1m: of1, volatility_5m: of5, volatility_15m: of15, volatility_60m: of60 };
  },
};

/** Adds what stands `from` up to, not including, `to` places before `index`, as far as the array reaches. */
function addBack(sum: number, values: Float64Array, index: number, from: number, to: number): number {
  const end = Math.min(to, index + 1);
  for (let age = from; age < end; age += 1) sum += values[index - age]!;
  return sum;
}

/** ln(after / before); near 1 by way of the difference, which is exact there while the quotient is rounded. */
function logReturn(before: number, after: number): number {
  const ratio = after / before;
  return ratio > 0.5 && ratio < 2 ? Math.log1p((after - before) / before) : Math.log(ratio);
}
