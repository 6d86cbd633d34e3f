import type { Minute } from './minute.js';

/** A row that is not valid, with what a plan needs to know of it. */
export interface DoubtfulRow {
  openTime: Minute;
  isSound: boolean;
  isComplete: boolean;
  isFlagged: boolean;
  /** Flagged, but the exchange confirmed the numbers and somebody asked to keep the flag. */
  isKeptFlagged: boolean;
  isFallback: boolean;
  /** Written by this tool, not by the platform before it. */
  isOurs: boolean;
}
