import type { Minute } from '../core/minute.js';
import type { CleanChange } from './clean.js';

/** What one symbol's cleaning goes by. */
export interface CleanRules {
  symbol: string;
  jobId: number;
  lockWaitMs: number;
  sigma: number;
  accept: { minutes: readonly Minute[] | 'all-open'; reason: string } | undefined;
  /** Rows before this minute are removed; null keeps all. */
  keepFrom: Minute | null;
}

/** The counters of a cleaning. */
export const CLEAN_COUNTS = ['moved', 'duplicates', 'unsound', 'spikes', 'accepted', 'pruned'] as const;

/** A change with the counter that it belongs to. */
export interface RuleChange extends CleanChange {
  count: (typeof CLEAN_COUNTS)[number];
}
