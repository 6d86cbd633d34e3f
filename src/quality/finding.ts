import type { Minute } from '../core/minute.js';

/** What a rule says of one row: what it measured, from where on that is abnormal, and both in words. */
export interface Finding {
  openTime: Minute;
  value: number | null;
  threshold: number | null;
  reason: string;
}
