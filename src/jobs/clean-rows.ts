import { MINUTE_MS } from '../core/minute.js';
import type { Transaction } from '../store/handles.js';
import { lockSymbol } from '../store/locks.js';
import { acceptFlags } from './accept-flags.js';
import type { CleanChange } from './clean-change.js';
import type { CleanPolicy } from './clean-policy.js';
import { clearCrowdedMinutes } from './clear-crowded-minutes.js';
import { adoptExternalFlags, flagAbnormal } from './flag-abnormal.js';
import { pruneRows } from './prune-rows.js';
import { rebuildAffected } from './rebuild.js';

/** What one symbol's cleaning did, change by change. */
export interface Cleaned {
  changes: CleanChange[];
  /** The volume above which a row is a spike; null where no row has a volume or nobody asked. */
  threshold: number | null;
  /** Rows whose indicators changed. */
  rebuilt: number;
}

/**
 * Cleans one symbol inside a transaction: misplaced rows, duplicates, flags, pruning, then every indicator affected.
 *
 * The rules look at what is left after the duplicates are gone.
 */
export async function cleanRows(trx: Transaction, policy: CleanPolicy): Promise<Cleaned> {
  const { symbol, jobId } = policy;
  await lockSymbol(trx, symbol, policy.lockWaitMs);
  const tidied = await clearCrowdedMinutes(trx, policy);
  await adoptExternalFlags(trx, policy);
  const flagged = await flagAbnormal(trx, policy, tidied.moved);
  const accepted = await acceptFlags(trx, policy, new Set(flagged.changes.map(({ minute }) => minute)));
  const pruned = await pruneRows(trx, policy);
  const endsRun = flagged.changes.filter(({ rule }) => rule === 'unsound');
  const touched = [...tidied.changes, ...endsRun].map(({ minute }) => minute);
  const firstKept = pruned.length > 0 ? [pruned.at(-1)!.minute + MINUTE_MS] : [];
  return {
    changes: [...tidied.changes, ...flagged.changes, ...accepted, ...pruned],
    threshold: flagged.threshold,
    rebuilt: await rebuildAffected(trx, { symbol, jobId, reason: 'clean' }, [...touched, ...firstKept]),
  };
}
