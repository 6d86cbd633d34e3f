import { averageFrom, meanOf } from './exponential-average.js';
import { type Indicator, WARM_UP } from './indicator.js';

const PERIOD = 14;
/** The exponential average that weighs the newest as Wilder's does: 2 / (27 + 1) is 1 / 14. */
const EXPONENTIAL_PERIOD = 2 * PERIOD - 1;

/**
 * Relative strength index over 14 candles, 0 to 100 points.
 *
 * RSI = 100 * G / (G + L), where G and L are Wilder's averages of the rises and of the falls of the close.
 * No fall gives 100, no movement 0, as in TA-Lib. Source: J. Welles Wilder, "New Concepts in Technical
 * Trading Systems", 1978.
 */
export const rsi: Indicator<'rsi'> = {
  parameters: { rsi: { period: PERIOD, smoothing: 'Wilder' } },
  lookBack: { rsi: WARM_UP },
  calculate: ({ close }) => ({ rsi: relativeStrength(close) }),
};

/**
 * RSI from its first bar (index 14) on; before it nothing that has a meaning.
 *
 * Two things differ from a textbook recursion. The quotient is 100 * G / (G + L), not indicatorts'
 * 100 - 100 / (1 + G / L), which is NaN without movement and loses digits near 0. And after WARM_UP candles
 * without any movement the value is 0: G and L then shrink together, their quotient never fades, and
 * it would depend for ever on candles that a shorter read no longer sees.
 */
export function relativeStrength(close: Float64Array): Float64Array {
  const rises = new Float64Array(close.length);
  const falls = new Float64Array(close.length);
  for (let i = 1; i < close.length; i += 1) {
    const change = close[i]! - close[i - 1]!;
    rises[i] = Math.max(0, change);
    falls[i] = rises[i]! - change;
  }
  wilderAverage(rises);
  wilderAverage(falls);
  const result = rises; // each quotient takes the place of its rise
  let still = 0;
  for (let i = PERIOD; i < close.length; i += 1) {
    still = close[i] === close[i - 1] ? still + 1 : 0;
    const movement = rises[i]! + falls[i]!;
    result[i] = movement === 0 || still >= WARM_UP ? 0 : 100 * (rises[i]! / movement);
  }
  return result;
}

/** In place; the mean of changes 1..14 is TA-Lib's seed, indicatorts' own RSI counts a 0 for the first candle as well. */
function wilderAverage(changes: Float64Array): void {
  if (changes.length <= PERIOD) return;
  changes[PERIOD] = meanOf(changes, 1, PERIOD + 1);
  averageFrom(changes, PERIOD, EXPONENTIAL_PERIOD);
}
