import { rma } from 'indicatorts';
import { WARM_UP } from '../core/indicator-columns.js';
import type { Indicator } from './indicator.js';

const PERIOD = 14;

/**
 * Relative strength index over 14 candles, 0 to 100 points.
 *
 * RSI = 100 * G / (G + L), where G and L are Wilder's averages of the rises and of the falls of the close.
 * No fall gives 100, no movement 0, as in TA-Lib. Source: J. Welles Wilder, "New Concepts in Technical
 * Trading Systems", 1978.
 */
export const rsi: Indicator<'rsi'> = {
  lookBack: { rsi: WARM_UP },
  calculate: ({ close }) => ({ rsi: relativeStrength(close) }),
};

/**
 * RSI from its first bar (index 14) on; before it 0.
 *
 * Two things differ from a textbook recursion. The quotient is 100 * G / (G + L), not indicatorts'
 * 100 - 100 / (1 + G / L), which is NaN without movement and loses digits near 0. And after WARM_UP candles
 * without any movement the value is 0: G and L then shrink together, their quotient never fades, and
 * it would depend for ever on candles that a shorter read no longer sees.
 */
export function relativeStrength(close: Float64Array): Float64Array {
  const result = new Float64Array(close.length);
  const changes = Math.max(0, close.length - 1);
  const rises = new Array<number>(changes).fill(0);
  const falls = new Array<number>(changes).fill(0);
  for (let i = 0; i < changes; i += 1) {
    const change = close[i + 1]! - close[i]!;
    if (change > 0) rises[i] = change;
    else falls[i] = -change;
  }
  // The average of changes 0..13 is TA-Lib's seed; indicatorts' own RSI counts a 0 for the first candle as well.
  const meanRise = rma(rises, { period: PERIOD });
  const meanFall = rma(falls, { period: PERIOD });
  let still = 0;
  for (let i = PERIOD; i < close.length; i += 1) {
    still = close[i] === close[i - 1] ? still + 1 : 0;
    const rise = meanRise[i - 1]!;
    const movement = rise + meanFall[i - 1]!;
    result[i] = movement === 0 || still >= WARM_UP ? 0 : 100 * (rise / movement);
  }
  return result;
}
