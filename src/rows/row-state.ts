import type { Minute } from '../core/minute.js';

/** A row that is not valid, with the facts by which a plan decides about it. */
export interface InvalidRow {
  openTime: Minute;
  isSound: boolean;
  isComplete: boolean;
  isFlagged: boolean;
  /** Flagged, but the exchange confirmed the numbers and the flag was kept on request. */
  isKeptFlagged: boolean;
  isFallback: boolean;
  /** Written by chartctl, not by the platform before it. */
  isManaged: boolean;
}

/** The reason of a flag that has no record of its own. */
export const EXTERNAL_FLAG_REASON = 'hasMissingData was set outside chartctl';

/** A recorded flag, open or settled; or the flag of a row without a record, which other SQL has set. */
export interface FlagRecord {
  minute: Minute;
  rule: string;
  value: number | null;
  threshold: number | null;
  state: string;
  /** Settled, and the row stays flagged. */
  isKept: boolean;
  reason: string | null;
}

/** A row and one of its recorded flags. */
export interface RecordedFlag {
  minute: Minute;
  /** The flag's rule and state; null if the row has no recorded flag. */
  rule: string | null;
  state: string | null;
  /** Whether the flag was settled for the numbers that the row has now. */
  isOfCandle: boolean;
  /** Whether `hasMissingData` of the row is set. */
  isFlagged: boolean;
}
