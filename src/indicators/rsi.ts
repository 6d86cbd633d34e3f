import { averageFrom, meanOf } from './exponential-average.js';
import { POINTS_TOLERANCE, POINTS_UNIT, WARM_UP, type Indicator } from './indicator.js';

const PERIOD = 14;
/** The exponential average with the weight of Wilder's: 2 / (27 + 1) is 1 / 14. */
const EXPONENTIAL_PERIOD = 2 * PERIOD - 1;

/**
 * Relative strength index over 14 candles, 0 to 100 points.
 *
 * RSI = 100 * G / (G + L), where G and L are Wilder's averages of the rises and of the falls of the close.
 * No fall gives 100, no movement 0, as in TA-Lib. Source: J. Welles Wilder, "New Concepts in Technical
 * Trading Systems", 1978.
 */
export const rsi: Indicator<'rsi'> = {
  isRecursive: true,
  columns: {
    rsi: {
      title: 'RSI',
      description: `RSI(${PERIOD}), Wilder's smoothing`,
      unit: POINTS_UNIT,
      parameters: { period: PERIOD, smoothing: 'Wilder' },
      lookBack: WARM_UP,
      tolerance: POINTS_TOLERANCE,
      line: { title: `RSI ${PERIOD}`, ink: 0 },
    },
  },
  pane: { name: 'rsi', title: 'RSI', isOverlay: false, isShown: true, levels: [30, 70] },
  calculate: ({ close }) => ({ rsi: relativeStrength(close) }),
};

/**
 * RSI from its first bar (index 14) on; the numbers before it have no meaning.
 *
 * Two things differ from a textbook recursion. The quotient is 100 * G / (G + L), not indicatorts'
 * 100 - 100 / (1 + G / L), which is NaN without movement and loses digits near 0. And after WARM_UP candles
 * without any movement the value is 0: G and L then shrink together, their quotient never fades, and the value would
 * always depend on candles that a shorter read does not reach.
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
  const result = rises; // each quotient replaces its rise
  let unchanged = 0;
  for (let i = PERIOD; i < close.length; i += 1) {
    unchanged = close[i] === close[i - 1] ? unchanged + 1 : 0;
    const movement = rises[i]! + falls[i]!;
    result[i] = movement === 0 || unchanged >= WARM_UP ? 0 : 100 * (rises[i]! / movement);
  }
  return result;
}

/**
 * In place. The recursion starts with the mean of changes 1..14, as in TA-Lib; indicatorts' own RSI also counts a 0
 * for the first candle.
 */
function wilderAverage(changes: Float64Array): void {
  if (changes.length <= PERIOD) return;
  changes[PERIOD] = meanOf(changes, 1, PERIOD + 1);
  averageFrom(changes, PERIOD, EXPONENTIAL_PERIOD);
}
