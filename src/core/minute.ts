/** Epoch milliseconds, UTC, on a whole minute: a candle's open time. */
export type Minute = number;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** There are no candles before: rows there are errors of their writer. */
export const FIRST_CANDLE: Minute = Date.UTC(2000, 0);
/** The latest instant that a Date can hold, in epoch milliseconds. */
export const MAX_DATE_MS = 8.64e15;

/** The minute that holds the instant `timeMs`. */
export function floorMinute(timeMs: number): Minute {
  return Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
}

/** The first whole minute at or after the instant `timeMs`. */
export function ceilMinute(timeMs: number): Minute {
  return Math.ceil(timeMs / MINUTE_MS) * MINUTE_MS;
}

/** The open time of the newest candle whose close time has passed on a clock that shows `nowMs`. */
export function newestClosedMinute(nowMs: number): Minute {
  return floorMinute(nowMs) - MINUTE_MS;
}

/** `2025-06-01T12:00Z`: how messages and tables show minutes. */
export function formatMinute(minute: Minute): string {
  return `${new Date(minute).toISOString().slice(0, 16)}Z`;
}
