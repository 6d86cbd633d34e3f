import type { Minute } from '../../core/minute.js';
import type { CleanRule, RuleSettings } from '../../quality/rules/rules.js';

/** One thing that a cleaning does to a row, and why. */
export interface CleanChange {
  /** The row's minute. */
  minute: Minute;
  /** What is done to it. */
  action: 'move' | 'delete' | 'flag' | 'accept' | 'prune';
  /** The rule that flags the row. */
  rule?: CleanRule;
  /** Why, in words. */
  reason: string;
}

/** How many changes of each kind there are, those of flags by rule. */
export interface ChangeCounts {
  moved: number;
  duplicates: number;
  accepted: number;
  pruned: number;
  /** Newly raised flags; a row may have several. */
  flagged: Partial<Record<CleanRule, number>>;
}

export function countChanges(changes: readonly CleanChange[], rules: readonly CleanRule[]): ChangeCounts {
  const count = (action: CleanChange['action'], rule?: CleanRule) =>
    changes.filter((change) => change.action === action && change.rule === rule).length;
  return {
    moved: count('move'),
    duplicates: count('delete'),
    accepted: count('accept'),
    pruned: count('prune'),
    flagged: Object.fromEntries(rules.map((rule) => [rule, count('flag', rule)])),
  };
}

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
