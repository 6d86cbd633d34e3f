import type { Candle } from '../core/candle.js';
import { bollinger } from './bollinger.js';
import type { RunPrices } from './indicator.js';
import { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from './indicators.js';
import { macd } from './macd.js';
import { rsi } from './rsi.js';
import { stochastic } from './stochastic.js';
import { volatility } from './volatility.js';

type RecursiveColumn = keyof typeof rsi.lookBack | keyof typeof macd.lookBack;

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

/** The most candles that a formula over a window looks back: RSI and MACD look back to where the run begins. */
const LONGEST_WINDOW = Math.max(
  ...Object.values({ ...bollinger.lookBack, ...stochastic.lookBack, ...volatility.lookBack }),
);

/**
 * All indicators of one run: columns in, columns out, each as long as the input.
 *
 * The run's candles are consecutive and sound, oldest first; nothing here checks that again. The input is not
 * changed. A number is finite or NaN ("no value"): what overflows has no value either.
 *
 * @param from only the candles from this index on get values; those before it are looked back on
 */
export function calculateColumns(run: RunPrices, from = 0): IndicatorArrays {
  const arrays: IndicatorArrays = {
    ...rsi.calculate(run),
    ...macd.calculate(run),
    ...calculateWindows(run, Math.max(0, from - LONGEST_WINDOW)),
  };
  const mayOverflow = !(isModerate(run.high) && isModerate(run.low) && isModerate(run.close));
  for (const column of INDICATOR_COLUMNS) {
    arrays[column].fill(NaN, 0, Math.max(from, LOOK_BACK[column]));
    if (mayOverflow) removeInfinities(arrays[column]);
  }
  return arrays;
}

/** The indicators over windows, of the candles from `start` on: columns as long as the run all the same. */
function calculateWindows(run: RunPrices, start: number): Omit<IndicatorArrays, RecursiveColumn> {
  const near = { high: run.high.subarray(start), low: run.low.subarray(start), close: run.close.subarray(start) };
  const arrays = { ...bollinger.calculate(near), ...stochastic.calculate(near), ...volatility.calculate(near) };
  if (start === 0) return arrays;
  const padded = Object.entries(arrays).map(([column, values]) => {
    const whole = new Float64Array(run.close.length);
    whole.set(values, start);
    return [column, whole] as const;
  });
  return Object.fromEntries(padded) as typeof arrays;
}

/** Whether no formula can overflow: the square of a quotient of two such prices is still a number. */
function isModerate(prices: Float64Array): boolean {
  for (let i = 0; i < prices.length; i += 1) if (!(prices[i]! > 1e-75 && prices[i]! < 1e75)) return false;
  return true;
}

function removeInfinities(values: Float64Array): void {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) values[i] = NaN;
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

/** One candle's record out of the columns: NaN there is null here. */
export function indicatorsAt(arrays: IndicatorArrays, index: number): Indicators {
  const record = {} as Indicators;
  for (const column of INDICATOR_COLUMNS) {
    const value = arrays[column][index]!;
    record[column] = Number.isNaN(value) ? null : value;
  }
  return record;
}

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
