import type { Minute } from '../../core/minute.js';
import type { CleanRule, RuleSettings } from '../../quality/rules/rules.js';

/** The settings for cleaning one symbol. */
export interface CleanPolicy extends RuleSettings {
  symbol: string;
  jobId: number;
  lockWaitMs: number;
  /** The active rules. */
  rules: readonly CleanRule[];
  accept: { minutes: readonly Minute[] | 'all-open'; reason: string } | undefined;
  /** Rows before this minute are removed; null keeps all. */
  keepFrom: Minute | null;
}

/** A change that `clean` makes to a row. */
export interface CleanChange {
  /** The minute of the row. */
  minute: Minute;
  /** What is done to the row. */
  action: 'move' | 'delete' | 'flag' | 'accept' | 'prune';
  /** The rule that flags the row. */
  rule?: CleanRule;
  /** For the user. */
  reason: string;
}

/** The number of changes by kind; flags by rule. */
interface ChangeCounts {
  moved: number;
  duplicates: number;
  accepted: number;
  pruned: number;
  /** New flags; a row may have several. */
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
