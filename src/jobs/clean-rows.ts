import { MINUTE_MS } from '../core/minute.js';
import type { Transaction } from '../store/handles.js';
import { lockSymbol } from '../store/locks.js';
import { acceptFlags } from './accept-flags.js';
import type { CleanRules, RuleChange } from './clean-rules.js';
import { clearCrowdedMinutes } from './clear-crowded-minutes.js';
import { adoptExternalFlags, flagSpikes, flagUnsound } from './flag-abnormal.js';
import { pruneRows } from './prune-rows.js';
import { rebuildAffected } from './rebuild.js';

/** What one symbol's cleaning did, change by change. */
export interface Cleaned {
  changes: RuleChange[];
  /** The volume above which a row is a spike; null where no row has a volume. */
  threshold: number | null;
  /** Rows whose indicators changed. */
  rebuilt: number;
}

/**
 * Cleans one symbol inside a transaction: misplaced rows, duplicates, flags, pruning, then every indicator affected.
 *
 * The volume rule looks at what is left after the duplicates are gone.
 */
export async function cleanRows(trx: Transaction, rules: CleanRules): Promise<Cleaned> {
  const { symbol, jobId } = rules;
  await lockSymbol(trx, symbol, rules.lockWaitMs);
  const tidied = await clearCrowdedMinutes(trx, rules);
  await adoptExternalFlags(trx, rules);
  const unsound = await flagUnsound(trx, rules);
  const { threshold, changes: spikes } = await flagSpikes(trx, rules);
  const accepted = await acceptFlags(trx, rules);
  const pruned = await pruneRows(trx, rules);
  const touched = [...tidied, ...unsound].map(({ minute }) => minute);
  const firstKept = pruned.length > 0 ? [pruned.at(-1)!.minute + MINUTE_MS] : [];
  return {
    changes: [...tidied, ...unsound, ...spikes, ...accepted, ...pruned],
    threshold,
    rebuilt: await rebuildAffected(trx, { symbol, jobId, reason: 'clean' }, [...touched, ...firstKept]),
  };
}
