import type { MovedRow, RuleMatch } from './rule.js';

/**
 * A row whose timestamp was off the whole minute and that was moved to it: the value is by how many seconds.
 *
 * Binance itself had such candles (2017-12, 2018-02); elsewhere they are the time at which somebody wrote the row, and
 * then the candle may be that of another minute, or one that had not closed.
 */
export function describeOffMinute({ minute, secondsOff }: MovedRow): RuleMatch {
  const reason = `the timestamp was ${secondsOff} s off the minute`;
  return { openTime: minute, value: secondsOff, threshold: 0, reason };
}
