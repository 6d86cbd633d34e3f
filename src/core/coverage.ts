import type { Minute } from './minute.js';

/** How many minutes of a stretch of time have a row. */
export interface PartCoverage {
  /** Where the stretch begins. */
  from: Minute;
  /** The minutes it has; the current stretch has fewer until it ends. */
  minutes: number;
  /** Minutes with a row. */
  rows: number;
  /** Minutes with a valid row. */
  valid: number;
}

/** The coverage of one hour. */
export type HourCoverage = PartCoverage;

/** The trade of one hour, by its sound candles. */
export interface HourTrade {
  /** Where the hour begins. */
  from: Minute;
  /** The close of its last candle; null without a candle. */
  close: number | null;
  /** The volume of its candles together, in units of the base asset; null without a candle. */
  volume: number | null;
}
