import type { Minute } from '../core/minute.js';
import type { Finding } from './finding.js';

/** A row that did not stand on its whole minute. */
export interface MovedRow {
  minute: Minute;
  /** How far behind the minute's beginning it stood, in seconds. */
  secondsOff: number;
}

/**
 * A row whose timestamp was off the whole minute and that was moved to it: the value is by how many seconds.
 *
 * Binance itself had such candles (2017-12, 2018-02); elsewhere they are the time at which somebody wrote the row, and
 * then the candle may be that of another minute, or one that had not closed.
 */
export function describeOffMinute({ minute, secondsOff }: MovedRow): Finding {
  const reason = `the timestamp was ${secondsOff} s off the minute`;
  return { openTime: minute, value: secondsOff, threshold: 0, reason };
}
