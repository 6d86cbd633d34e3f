import type { Minute } from './minute.js';

/** How much of a stretch of time is there. */
export interface PartCoverage {
  /** Where the stretch begins. */
  from: Minute;
  /** The minutes it has; the current one has fewer so far. */
  minutes: number;
  /** Minutes with a row. */
  rows: number;
  /** Minutes with a valid row. */
  valid: number;
}

/** How much of one hour is there. */
export type HourCoverage = PartCoverage;

/** What happened in one hour, by its sound candles. */
export interface HourTrade {
  /** Where the hour begins. */
  from: Minute;
  /** The close of its last candle; null where there is none. */
  close: number | null;
  /** The volume of its candles together, in units of the base asset; null where there is none. */
  volume: number | null;
}
