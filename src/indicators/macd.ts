import { averageFrom, meanOf } from './exponential-average.js';
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
 * an EMA over N candles weighs the newest with 2 / (N + 1). Source: Gerald Appel, 1979.
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
  calculate: ({ close }) => convergence(close),
};

/**
 * The three columns, seeded as TA-Lib seeds them; `macd` has a value from index 25, the others from 33, before it NaN.
 *
 * Both averages start at index 25: the slow one with the mean of candles 0..25, the fast one with that of 14..25.
 * indicatorts' own MACD starts both with the first close.
 */
export function convergence(close: Float64Array): Record<MacdColumn, Float64Array> {
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
