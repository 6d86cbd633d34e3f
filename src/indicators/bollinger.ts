import { QUOTE_UNIT, VALUE_TOLERANCE, type Indicator } from './indicator.js';

const PERIOD = 20;
const WIDTH = 2;

const SHARED = { unit: QUOTE_UNIT, lookBack: PERIOD - 1, tolerance: VALUE_TOLERANCE };
const BAND_PARAMETERS = { period: PERIOD, populationStandardDeviations: WIDTH };

/**
 * Bollinger bands, in units of the price: the mean of 20 closes, and 2 population standard deviations above and below.
 *
 * Written here instead of taken from indicatorts' `bb`: that keeps a running sum, whose residue after a fall from a
 * high price is larger than a small price itself. Here each window is summed anew, as distances from its newest close:
 * equal closes give a deviation of exactly 0. The newest's own distance is 0, so by Cauchy and Schwarz the square
 * of the other 19's sum, divided by 20, is at most 19/20 of their squares: the difference below is
 * never negative and loses no more than two digits. Source: John Bollinger, "Bollinger on Bollinger Bands", 2001.
 */
export const bollinger: Indicator<'bb_upper' | 'bb_middle' | 'bb_lower'> = {
  isRecursive: false,
  columns: {
    bb_upper: {
      ...SHARED,
      title: 'Upper band',
      description: `bb_middle + ${WIDTH} population standard deviations`,
      parameters: BAND_PARAMETERS,
      line: { title: 'upper band', ink: 3 },
    },
    bb_middle: {
      ...SHARED,
      title: 'Middle band',
      description: `Mean of the last ${PERIOD} closes`,
      parameters: { period: PERIOD },
      line: { title: 'middle band', ink: 3, style: 'dashed' },
    },
    bb_lower: {
      ...SHARED,
      title: 'Lower band',
      description: `bb_middle - ${WIDTH} population standard deviations`,
      parameters: BAND_PARAMETERS,
      line: { title: 'lower band', ink: 3 },
    },
  },
  pane: { name: 'bands', title: 'Bollinger bands', isOverlay: true, isShown: true, levels: [] },
  calculate: ({ close }) => {
    const upper = new Float64Array(close.length);
    const middle = new Float64Array(close.length);
    const lower = new Float64Array(close.length);
    for (let i = PERIOD - 1; i < close.length; i += 1) {
      const newest = close[i]!;
      let sum = 0;
      let squares = 0;
      for (let j = i - PERIOD + 1; j < i; j += 1) {
        const distance = close[j]! - newest;
        sum += distance;
        squares += distance * distance;
      }
      const mean = newest + sum / PERIOD;
      const deviation = Math.sqrt((squares - (sum * sum) / PERIOD) / PERIOD);
      upper[i] = mean + WIDTH * deviation;
      middle[i] = mean;
      lower[i] = mean - WIDTH * deviation;
    }
    return { bb_upper: upper, bb_middle: middle, bb_lower: lower };
  },
};
