import { MINUTE_MS, type Minute } from '../../core/minute.js';
import type { Transaction } from '../../store/handles.js';
import { lockSymbol } from '../../store/locks.js';
import { preferIndex, sweepRows, type SweptRows } from '../../store/swept-rows.js';
import { acceptFlags } from './accept-flags.js';
import type { CleanChange } from './clean-change.js';
import type { CleanPolicy } from './clean-policy.js';
import { clearCrowdedMinutes, type TidiedMinutes } from './clear-crowded-minutes.js';
import { adoptExternalFlags, flagAbnormal } from './flag-abnormal.js';
import { pruneRows } from './prune-rows.js';
import { rebuildAffected } from '../rebuild.js';

/** What one symbol's cleaning did, change by change. */
export interface Cleaned {
  changes: CleanChange[];
  /** The volume above which a row is a spike; null where no row has a volume or nobody asked. */
  threshold: number | null;
  /** Rows whose indicators changed. */
  rebuilt: number;
  /** The symbol's rows afterwards, and those of them that are flagged. */
  left: { rows: number; flagged: number };
}

/**
 * Cleans one symbol inside a transaction: misplaced rows, duplicates, flags, pruning, then every indicator affected.
 *
 * The rules look at what is left after the duplicates are gone.
 */
export async function cleanRows(trx: Transaction, policy: CleanPolicy): Promise<Cleaned> {
  const { symbol, jobId } = policy;
  await lockSymbol(trx, symbol, policy.lockWaitMs);
  await preferIndex(trx);
  const { rows, tidied } = await sweepTidied(trx, policy);
  await adoptExternalFlags(trx, policy, rows.flagged);
  const flagged = await flagAbnormal(trx, policy, rows, tidied.moved);
  const accepted = await acceptFlags(trx, policy, rows.flagged, new Set(minutesOf(flagged.changes)));
  const pruned = await pruneRows(trx, policy);
  const endsRun = flagged.changes.filter(({ rule }) => rule === 'unsound');
  const touched = minutesOf([...tidied.changes, ...endsRun]);
  const firstKept = pruned.length > 0 ? [pruned.at(-1)!.minute + MINUTE_MS] : [];
  return {
    changes: [...tidied.changes, ...flagged.changes, ...accepted, ...pruned],
    threshold: flagged.threshold,
    rebuilt: await rebuildAffected(trx, { symbol, jobId, reason: 'clean' }, [...touched, ...firstKept]),
    left: {
      rows: rows.count - pruned.length,
      flagged: countOpen([...rows.flagged, ...minutesOf(flagged.changes)], minutesOf([...accepted, ...pruned])),
    },
  };
}

/** Reads the rows; once more if some had to be put in order first. */
async function sweepTidied(trx: Transaction, policy: CleanPolicy): Promise<{ rows: SweptRows; tidied: TidiedMinutes }> {
  const rows = await sweepRows(trx, policy.symbol);
  const tidied = rows.offMinute > 0 ? await clearCrowdedMinutes(trx, policy) : { changes: [], moved: [] };
  return { rows: tidied.changes.length > 0 ? await sweepRows(trx, policy.symbol) : rows, tidied };
}

function countOpen(flagged: readonly Minute[], lifted: readonly Minute[]): number {
  const open = new Set(flagged);
  for (const minute of lifted) open.delete(minute);
  return open.size;
}

function minutesOf(changes: readonly CleanChange[]): Minute[] {
  return changes.map(({ minute }) => minute);
}
