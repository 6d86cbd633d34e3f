import type { Candle } from '../core/candle.js';
import type { IndicatorColumn } from '../core/indicator-columns.js';
import { bollinger } from './bollinger.js';
import type { RunPrices } from './indicator.js';
import { macd } from './macd.js';
import { rsi } from './rsi.js';
import { stochastic } from './stochastic.js';
import { volatility } from './volatility.js';

/** One number a candle in each column; NaN where the definition gives no value. */
export type IndicatorArrays = Record<IndicatorColumn, Float64Array>;

/** For each column the index, in a run, of its first value: 20-candle band 19, RSI 400. */
export const LOOK_BACK: Readonly<Record<IndicatorColumn, number>> = {
  ...rsi.lookBack,
  ...macd.lookBack,
  ...bollinger.lookBack,
  ...stochastic.lookBack,
  ...volatility.lookBack,
};

/**
 * All indicators of one run: columns in, columns out, each as long as the input.
 *
 * The run's candles are consecutive and sound, oldest first; nothing here checks that again. The input
 * is not changed. A number is finite or NaN ("no value"): what overflows has no value either.
 */
export function calculateColumns(run: RunPrices): IndicatorArrays {
  const arrays: IndicatorArrays = {
    ...rsi.calculate(run),
    ...macd.calculate(run),
    ...bollinger.calculate(run),
    ...stochastic.calculate(run),
    ...volatility.calculate(run),
  };
  for (const [column, values] of Object.entries(arrays) as [IndicatorColumn, Float64Array][]) {
    values.fill(NaN, 0, LOOK_BACK[column]);
    for (let i = LOOK_BACK[column]; i < values.length; i += 1) {
      if (!Number.isFinite(values[i])) values[i] = NaN;
    }
  }
  return arrays;
}

/** The prices of `candles[start]` up to, not including, `candles[end]`, as columns. */
export function toRunPrices(candles: readonly Candle[], start = 0, end = candles.length): RunPrices {
  const length = end - start;
  const high = new Float64Array(length);
  const low = new Float64Array(length);
  const close = new Float64Array(length);
  for (let i = 0; i < length; i += 1) {
    const candle = candles[start + i]!;
    high[i] = candle.high;
    low[i] = candle.low;
    close[i] = candle.close;
  }
  return { high, low, close };
}
