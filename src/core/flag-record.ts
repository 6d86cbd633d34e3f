import type { Minute } from './minute.js';

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
