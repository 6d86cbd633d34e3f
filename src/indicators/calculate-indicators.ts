import type { Candle } from '../core/candle.js';
import { MINUTE_MS } from '../core/minute.js';
import type { RunPrices } from './indicator.js';
import {
  INDICATOR_COLUMNS,
  INDICATORS,
  LONGEST_WINDOW,
  LOOK_BACK,
  type IndicatorColumn,
  type Indicators,
} from './indicators.js';

/**
 * The indicators of one run: one record a candle, null where a definition gives no value yet.
 *
 * The candles are the consecutive minutes of one run, oldest first, each sound; a list with gaps or unsound candles
 * must be split into its runs first. The same candles always give the same numbers; the input is not changed.
 *
 * @example calculateIndicators(candles).at(-1)?.rsi // null before the 401st candle, then 0 to 100
 */
export function calculateIndicators(candles: readonly Candle[]): Indicators[] {
  const arrays = calculateColumns(toRunPrices(candles));
  return candles.map((_, i) => indicatorsAt(arrays, i));
}

/** One number a candle in each column; NaN where the definition gives no value. */
export type IndicatorArrays = Record<IndicatorColumn, Float64Array>;

/**
 * All indicators of one run: columns in, columns out, each as long as the input.
 *
 * The run's candles must be consecutive and sound, oldest first; this is not checked again. The input is not changed.
 * A number is finite or NaN ("no value"): an overflow is NaN too.
 *
 * @param from only the candles from this index on get values; those before it serve as look-back
 */
export function calculateColumns(run: RunPrices, from = 0): IndicatorArrays {
  const windowStart = Math.max(0, from - LONGEST_WINDOW);
  const window = {
    high: run.high.subarray(windowStart),
    low: run.low.subarray(windowStart),
    close: run.close.subarray(windowStart),
  };
  const parts = INDICATORS.map(({ isRecursive, calculate }): Partial<IndicatorArrays> =>
    isRecursive ? calculate(run) : padStart(calculate(window), windowStart),
  );
  const arrays = Object.assign({}, ...parts) as IndicatorArrays;
  const mayOverflow = !(isModerate(run.high) && isModerate(run.low) && isModerate(run.close));
  for (const column of INDICATOR_COLUMNS) {
    arrays[column].fill(NaN, 0, Math.max(from, LOOK_BACK[column]));
    if (mayOverflow) replaceInfinities(arrays[column]);
  }
  return arrays;
}

/** The same columns with `count` more numbers before them. */
function padStart(arrays: Partial<IndicatorArrays>, count: number): Partial<IndicatorArrays> {
  if (count === 0) return arrays;
  const padded = Object.entries(arrays).map(([column, values]) => {
    const whole = new Float64Array(count + values.length);
    whole.set(values, count);
    return [column, whole] as const;
  });
  return Object.fromEntries(padded);
}

/** Whether no formula can overflow: the square of a quotient of two such prices is still a number. */
function isModerate(prices: Float64Array): boolean {
  for (let i = 0; i < prices.length; i += 1) if (!(prices[i]! > 1e-75 && prices[i]! < 1e75)) return false;
  return true;
}

function replaceInfinities(values: Float64Array): void {
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
  return { high, low, close, ...(length > 0 && { firstMinute: Math.floor(candles[start]!.openTime / MINUTE_MS) }) };
}

/** One candle's record from the columns; NaN becomes null. */
export function indicatorsAt(arrays: IndicatorArrays, index: number): Indicators {
  const record = {} as Indicators;
  for (const column of INDICATOR_COLUMNS) {
    const value = arrays[column][index]!;
    record[column] = Number.isNaN(value) ? null : value;
  }
  return record;
}
