import type { MinuteRange } from './range.js';

/** Why the exchange does not have some minutes. */
export type GapCause =
  | 'exchange outage'
  | 'halted'
  | 'not listed yet'
  | typeof OFF_MINUTE_CAUSE
  | typeof NOWHERE_CAUSE
  | typeof NOT_IN_ARCHIVE_CAUSE
  | 'unknown';

/** The exchange has candles of these minutes that do not begin on the minute. */
export const OFF_MINUTE_CAUSE = 'candles off the minute';

/** Neither Binance's API nor its archive has these minutes. */
export const NOWHERE_CAUSE = 'neither in the API nor in the archive';

/** Binance's archive does not have these minutes, and its API was not asked. */
export const NOT_IN_ARCHIVE_CAUSE = 'not in the archive';

/** When the exchange was last asked for minutes that it does not have, and when it will be asked again. */
export interface GapRetry {
  askedAt: number;
  askAgainAt: number;
  /** Requests so far without an answer; the delay until the next one grows with it. */
  askedCount: number;
}

/** The reason for a gap, as far as it is known. */
export interface GapReason {
  /** The kind of reason. */
  cause: GapCause;
  /** Flat candles without volume that the exchange served right before the gap. */
  haltedMinutes: number;
}

/** A stretch of minutes that the exchange itself reports as absent. */
export interface KnownGap extends MinuteRange, GapRetry, GapReason {}

/**
 * The reason in words.
 *
 * @example formatGapReason({ cause: 'exchange outage', haltedMinutes: 72 }) // 'exchange outage, after 72 halted minutes'
 */
export function formatGapReason({ cause, haltedMinutes }: GapReason): string {
  if (haltedMinutes === 0 || cause === 'not listed yet') return cause;
  return `${cause}, after ${haltedMinutes} halted minute${haltedMinutes === 1 ? '' : 's'}`;
}
