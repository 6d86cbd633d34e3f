import { Failure } from '../core/failure.js';
import { floorMinute, formatMinute, MINUTE_MS } from '../core/minute.js';
import { formatRange, type MinuteRange } from '../core/range.js';

/**
 * The asked range, cut to minutes that have closed; without one the past `minutes`.
 *
 * @throws Failure (usage) when nothing of the range has closed yet
 */
export function toClosedRange(range: MinuteRange | undefined, minutes: number, nowMs: number): MinuteRange {
  const end = floorMinute(nowMs);
  if (!range) return { from: end - minutes * MINUTE_MS, to: end };
  if (range.from < end) return { from: range.from, to: Math.min(range.to, end) };
  throw new Failure('usage', `${formatRange(range)} has not closed yet`, {
    hint: `the newest closed minute ends at ${formatMinute(end)}`,
  });
}
