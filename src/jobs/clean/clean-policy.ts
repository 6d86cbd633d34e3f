import type { CleanRule } from '../../core/flag-rules.js';
import type { Minute } from '../../core/minute.js';
import type { RuleSettings } from '../../quality/rules.js';

/** What one symbol's cleaning goes by. */
export interface CleanPolicy extends RuleSettings {
  symbol: string;
  jobId: number;
  lockWaitMs: number;
  /** The rules that are on. */
  rules: readonly CleanRule[];
  accept: { minutes: readonly Minute[] | 'all-open'; reason: string } | undefined;
  /** Rows before this minute are removed; null keeps all. */
  keepFrom: Minute | null;
}
