import type { Minute } from '../core/minute.js';

/** A row that is not valid, with what a plan needs to know of it. */
export interface InvalidRow {
  openTime: Minute;
  isSound: boolean;
  isComplete: boolean;
  isFlagged: boolean;
  /** Flagged, but the exchange confirmed the numbers and somebody asked to keep the flag. */
  isKeptFlagged: boolean;
  isFallback: boolean;
  /** Written by this tool, not by the platform before it. */
  isManaged: boolean;
}

/** The reason of a row that other SQL than chartctl's flagged; no flag is recorded for it. */
export const EXTERNAL_FLAG_REASON = 'hasMissingData was set outside chartctl';

/** A flag as it is remembered, open or settled; or as it stands on a row, if somebody's SQL set it. */
export interface FlagRecord {
  minute: Minute;
  rule: string;
  value: number | null;
  threshold: number | null;
  state: string;
  /** Settled, and the row stays flagged all the same. */
  isKept: boolean;
  reason: string | null;
}
