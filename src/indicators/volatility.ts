import { RETURN_UNIT, VALUE_TOLERANCE, type ColumnDefinition, type Indicator, type LineStyle } from './indicator.js';

type VolatilityColumn = 'volatility_1m' | 'volatility_5m' | 'volatility_15m' | 'volatility_60m';

/**
 * Realised volatility: the square root of the sum of the last N squared one-minute log returns, N = 1, 5, 15, 60.
 *
 * A plain number (0.01 is about 1 %), not annualised, without subtracting a mean. indicatorts has no such
 * function. Squares of adjacent windows add up: 15 minutes are three windows of 5, 60 are four of 15. So each
 * value is a sum of its own window only, and does not depend on any candle before it.
 * Source: Andersen and Bollerslev, "Answering the Skeptics", 1998.
 */
export const volatility: Indicator<VolatilityColumn> = {
  isRecursive: false,
  columns: {
    volatility_1m: column(1, 'minute', { title: 'volatility 1 m', ink: 3 }),
    volatility_5m: column(5, '5 minutes', { title: '5 m', ink: 2 }),
    volatility_15m: column(15, '15 minutes', { title: '15 m', ink: 1 }),
    volatility_60m: column(60, '60 minutes', { title: '60 m', ink: 0 }),
  },
  pane: { name: 'volatility', title: 'Volatility', isOverlay: false, isShown: false, levels: [] },
  calculate: ({ close }) => {
    const of1 = new Float64Array(close.length);
    for (let i = 1; i < close.length; i += 1) of1[i] = Math.abs(logReturn(close[i - 1]!, close[i]!));
    const of5 = joinWindows(of1, 1, 5);
    const of15 = joinWindows(of5, 5, 3);
    return { volatility_1m: of1, volatility_5m: of5, volatility_15m: of15, volatility_60m: joinWindows(of15, 15, 4) };
  },
};

/** A window of `period` one-minute returns looks back as many candles. */
function column(period: number, window: string, line: LineStyle): ColumnDefinition {
  return {
    title: `Volatility ${period} m`,
    description: `Realised volatility of the last ${window}`,
    unit: RETURN_UNIT,
    parameters: { period },
    lookBack: period,
    tolerance: VALUE_TOLERANCE,
    line,
  };
}

/** The volatility of `count` windows of `minutes` each, from that of every single such window. */
function joinWindows(single: Float64Array, minutes: number, count: number): Float64Array {
  const joined = new Float64Array(single.length);
  const oldest = minutes * (count - 1);
  for (let i = minutes * count; i < single.length; i += 1) {
    let sum = 0;
    for (let j = i - oldest; j <= i; j += minutes) sum += single[j]! * single[j]!;
    joined[i] = Math.sqrt(sum);
  }
  return joined;
}

/** ln(after / before); near 1 computed from the difference, which is exact there while the quotient is rounded. */
function logReturn(before: number, after: number): number {
  const ratio = after / before;
  return ratio > 0.5 && ratio < 2 ? Math.log1p((after - before) / before) : Math.log(ratio);
}
