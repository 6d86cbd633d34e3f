import type { Rule } from './rule.js';

/**
 * Rows whose timestamp was not on the whole minute, and that were moved to it; the value is the distance in seconds.
 *
 * Binance itself had such candles (2017-12, 2018-02). Elsewhere the timestamp may be the time at which the row was
 * written, and the candle that of another minute, or one that had not closed.
 */
export const offMinute: Rule = {
  description: 'a row that was moved to its minute just now',
  isDefault: false,
  needs: 'moved',
  options: {},
  evaluate: ({ moved }) =>
    moved.map(({ minute, secondsOff }) => ({
      openTime: minute,
      value: secondsOff,
      threshold: 0,
      reason: `the timestamp was ${secondsOff} s off the minute`,
    })),
};
