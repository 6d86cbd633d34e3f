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
  /** The start of the open minute by the exchange's clock; null if the options do not need the clock. */
  closedUntil: Minute | null;
  /** Rows before this minute are removed; null keeps all. */
  keepFrom: Minute | null;
  /** Rows later than the exchange's clock are removed. */
  removeFuture: boolean;
}

/** A change that `clean` makes to a row. */
export interface CleanChange {
  /** The minute of the row. */
  minute: Minute;
  /** What is done to the row. */
  action: 'move' | 'delete' | 'flag' | 'accept' | 'prune' | 'remove';
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
  /** Rows removed because they are later than the exchange's clock. */
  removed: number;
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
    removed: count('remove'),
    flagged: Object.fromEntries(rules.map((rule) => [rule, count('flag', rule)])),
  };
}
