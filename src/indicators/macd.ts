import { averageFrom, fadingAverages, meanOf } from './exponential-average.js';
import { CLOSE_TOLERANCE, QUOTE_UNIT, WARM_UP, type Indicator } from './indicator.js';

const FAST = 12;
const SLOW = 26;
const SIGNAL = 9;

type MacdColumn = 'macd' | 'macd_signal' | 'macd_histogram';

const SHARED = { unit: QUOTE_UNIT, lookBack: WARM_UP, tolerance: CLOSE_TOLERANCE };
const SIGNAL_PARAMETERS = { fastPeriod: FAST, slowPeriod: SLOW, signalPeriod: SIGNAL };

/**
 * Moving average convergence divergence, in units of the price.
 *
 * macd = EMA12(close) - EMA26(close), macd_signal = EMA9(macd), macd_histogram = macd - macd_signal;
 * an EMA over N candles weighs the newest with 2 / (N + 1). The close counts as constant before its last 400 changes.
 * Source: Gerald Appel, 1979.
 */
export const macd: Indicator<MacdColumn> = {
  isRecursive: true,
  columns: {
    macd: {
      ...SHARED,
      title: 'MACD',
      description: `EMA${FAST} - EMA${SLOW} of the close`,
      parameters: { fastPeriod: FAST, slowPeriod: SLOW },
      line: { title: 'MACD', ink: 0 },
    },
    macd_signal: {
      ...SHARED,
      title: 'MACD signal',
      description: `EMA${SIGNAL} of macd`,
      parameters: SIGNAL_PARAMETERS,
      line: { title: 'signal', ink: 1, style: 'dashed' },
    },
    macd_histogram: {
      ...SHARED,
      title: 'MACD histogram',
      description: 'macd - macd_signal',
      parameters: SIGNAL_PARAMETERS,
      line: { title: 'histogram', ink: 3, style: 'columns' },
    },
  },
  pane: {
    name: 'macd',
    title: 'MACD',
    isOverlay: false,
    isShown: false,
    levels: [],
    order: ['macd_histogram', 'macd', 'macd_signal'],
  },
  calculate: ({ close, firstMinute }) => convergence(close, firstMinute),
};

/** The share that the newest number has in an exponential average. */
const weightOf = (period: number) => 2 / (period + 1);

/**
 * The three columns; `macd` has a value from index 25, the others from 33, before it NaN.
 *
 * From WARM_UP on they are computed from the last WARM_UP changes of the close: see `fadingAverages`. An average of N
 * closes is the newest close minus (N - 1) / 2 times the average of the changes, so the closes cancel out of the
 * difference of two averages. The values before WARM_UP, which are not stored, are the recursion of TA-Lib.
 */
export function convergence(close: Float64Array, firstMinute = 0): Record<MacdColumn, Float64Array> {
  const changes = new Float64Array(close.length);
  for (let i = 1; i < close.length; i += 1) changes[i] = close[i]! - close[i - 1]!;
  const averagesOf = (period: number) => fadingAverages(changes, { period, window: WARM_UP, firstMinute });
  const [fast, slow, smooth] = [averagesOf(FAST), averagesOf(SLOW), averagesOf(SIGNAL)];
  const columns = { macd: fast, macd_signal: slow, macd_histogram: smooth }; // their memory is reused
  for (let i = WARM_UP; i < close.length; i += 1) {
    const smoothChange = smooth[i]!;
    const line = difference(fast[i]!, slow[i]!);
    const signal = difference(smoothed(fast[i]!, FAST, smoothChange), smoothed(slow[i]!, SLOW, smoothChange));
    columns.macd[i] = line;
    columns.macd_signal[i] = signal;
    columns.macd_histogram[i] = line - signal;
  }
  const seeded = seededConvergence(close.subarray(0, WARM_UP));
  for (const column of ['macd', 'macd_signal', 'macd_histogram'] as const) columns[column].set(seeded[column]);
  return columns;
}

/** EMA12 - EMA26 of the close, from the averages of its changes over the same periods. */
function difference(fastChange: number, slowChange: number): number {
  return ((SLOW - 1) / 2) * slowChange - ((FAST - 1) / 2) * fastChange;
}

/**
 * The EMA9 of an average of changes over another period, in closed form.
 *
 * Weights a * (1 - a)^k smoothed by b * (1 - b)^k are (b * (1 - a) * A - a * (1 - b) * B) / (b - a), where A and B are
 * the averages with either weight over the same changes.
 */
function smoothed(average: number, period: number, signalAverage: number): number {
  const own = weightOf(period);
  const signal = weightOf(SIGNAL);
  return (signal * (1 - own) * average - own * (1 - signal) * signalAverage) / (signal - own);
}

/**
 * The three columns as TA-Lib seeds them: both averages start at index 25, the slow one with the mean of candles 0..25,
 * the fast one with that of 14..25. indicatorts' own MACD starts both with the first close.
 */
function seededConvergence(close: Float64Array): Record<MacdColumn, Float64Array> {
  const line = seededAverage(close, SLOW - FAST, FAST);
  const slow = seededAverage(close, 0, SLOW);
  for (let i = 0; i < close.length; i += 1) line[i]! -= slow[i]!;
  const signal = seededAverage(line, SLOW - 1, SIGNAL);
  const histogram = slow; // its memory is reused
  for (let i = 0; i < close.length; i += 1) histogram[i] = line[i]! - signal[i]!;
  return { macd: line, macd_signal: signal, macd_histogram: histogram };
}

/**
 * The exponential average over `period` candles; NaN before its first value.
 *
 * The first value is the plain mean of the `period` values from `start` on, at the index of the last of these.
 */
function seededAverage(values: Float64Array, start: number, period: number): Float64Array {
  const first = start + period - 1;
  const result = values.slice().fill(NaN, 0, first);
  if (first >= values.length) return result;
  result[first] = meanOf(values, start, first + 1);
  averageFrom(result, first, period);
  return result;
}
