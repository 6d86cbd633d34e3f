import type { Minute } from './minute.js';

/** How much of one hour is there; the current hour has fewer minutes so far. */
export interface HourCoverage {
  from: Minute;
  minutes: number;
  rows: number;
  valid: number;
}
