import { floorMinute, type Minute, MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';

/** The number of minutes that the forecast engine reads. */
export const WINDOW_MINUTES = 600;

/** An ingest that starts when a minute closes has stored it after this time, unless it failed. */
const INGEST_GRACE_MS = 70_000;

/**
 * The end of the newest minutes that can be expected in a symbol's rows: minutes that closed less than 70 s ago and are not
 * stored may still be on their way, and do not count.
 *
 * @param nowMs the exchange's clock
 * @param newest the newest stored minute before the clock's; null when there is none, and then none is on its way
 */
export function endOfWindow(nowMs: number, newest: Minute | null): Minute {
  const closed = floorMinute(nowMs);
  if (newest === null) return closed;
  return Math.min(closed, Math.max(floorMinute(nowMs - INGEST_GRACE_MS), newest + MINUTE_MS));
}

/** The newest `minutes` closed minutes, as `endOfWindow` ends them. */
export function windowAt(nowMs: number, newest: Minute | null, minutes = WINDOW_MINUTES): MinuteRange {
  const to = endOfWindow(nowMs, newest);
  return { from: to - minutes * MINUTE_MS, to };
}

/** A range without the minutes at its end that may still be on their way; the whole range if nothing else is left. */
export function untilExpected({ from, to }: MinuteRange, nowMs: number, newest: Minute | null): MinuteRange {
  const end = endOfWindow(nowMs, newest);
  return from < end && end < to ? { from, to: end } : { from, to };
}
