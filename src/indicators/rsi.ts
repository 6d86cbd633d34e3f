import { averageFrom, fadingAverages, meanOf } from './exponential-average.js';
import { POINTS_TOLERANCE, POINTS_UNIT, WARM_UP, type Indicator } from './indicator.js';

const PERIOD = 14;
/** The exponential average with the weight of Wilder's: 2 / (27 + 1) is 1 / 14. */
const EXPONENTIAL_PERIOD = 2 * PERIOD - 1;

/**
 * Relative strength index over 14 candles, 0 to 100 points.
 *
 * RSI = 100 * G / (G + L), where G and L are Wilder's averages of the rises and of the falls of the close, over its
 * last 400 changes. No fall gives 100, no movement 0, as in TA-Lib. Source: J. Welles Wilder, "New Concepts in Technical
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
  calculate: ({ close, firstMinute }) => ({ rsi: relativeStrength(close, firstMinute) }),
};

/**
 * RSI from its first bar (index 14) on; the numbers before it have no meaning.
 *
 * The quotient is 100 * G / (G + L), not indicatorts' 100 - 100 / (1 + G / L), which is NaN without movement and loses
 * digits near 0. From WARM_UP on, G and L are averages of the last WARM_UP changes (see `fadingAverages`); before, which
 * is not stored, they are the recursion of TA-Lib.
 */
export function relativeStrength(close: Float64Array, firstMinute = 0): Float64Array {
  const rises = new Float64Array(close.length);
  const falls = new Float64Array(close.length);
  for (let i = 1; i < close.length; i += 1) {
    const change = close[i]! - close[i - 1]!;
    rises[i] = Math.max(0, change);
    falls[i] = rises[i]! - change;
  }
  const gains = wilderAverages(rises, firstMinute);
  const losses = wilderAverages(falls, firstMinute);
  const result = gains; // each quotient replaces its gain
  for (let i = PERIOD; i < close.length; i += 1) {
    const movement = gains[i]! + losses[i]!;
    result[i] = movement === 0 ? 0 : 100 * (gains[i]! / movement);
  }
  return result;
}

function wilderAverages(changes: Float64Array, firstMinute: number): Float64Array {
  const averages = fadingAverages(changes, { period: EXPONENTIAL_PERIOD, window: WARM_UP, firstMinute });
  averages.set(seededAverages(changes.subarray(0, WARM_UP)));
  return averages;
}

/**
 * The recursion starts with the mean of changes 1..14, as in TA-Lib; indicatorts' own RSI also counts a 0 for the first
 * candle.
 */
function seededAverages(changes: Float64Array): Float64Array {
  const averages = changes.slice();
  if (changes.length <= PERIOD) return averages;
  averages[PERIOD] = meanOf(changes, 1, PERIOD + 1);
  averageFrom(averages, PERIOD, EXPONENTIAL_PERIOD);
  return averages;
}
