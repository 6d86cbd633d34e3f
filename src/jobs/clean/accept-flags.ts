import type { Minute } from '../../core/minute.js';
import { recordChanges } from '../../store/changes.js';
import { settleFlags } from '../../store/flags.js';
import type { Transaction } from '../../store/handles.js';
import type { CleanChange } from './clean-change.js';
import type { CleanPolicy } from './clean-policy.js';

/**
 * Lifts flags that a person vouches for, with the reason given; minutes that are not flagged are passed over.
 *
 * @param flagged minutes that were flagged before
 * @param unseen minutes that were flagged just now: nobody can have looked at them, so "all open" leaves them out
 */
export async function acceptFlags(
  trx: Transaction,
  { symbol, jobId, accept }: CleanPolicy,
  flagged: readonly Minute[],
  unseen: ReadonlySet<Minute>,
): Promise<CleanChange[]> {
  if (!accept) return [];
  const minutes = chooseMinutes(accept.minutes, flagged, unseen);
  const { reason } = accept;
  await recordChanges(trx, { symbol, jobId, action: 'unflag', reason }, minutes);
  await settleFlags(trx, { symbol, jobId, state: 'accepted', reason, keepFlagged: false }, minutes);
  return minutes.map((minute) => ({ minute, action: 'accept', reason }));
}

function chooseMinutes(
  asked: readonly Minute[] | 'all-open',
  flagged: readonly Minute[],
  unseen: ReadonlySet<Minute>,
): Minute[] {
  if (asked === 'all-open') return flagged.filter((minute) => !unseen.has(minute));
  const isFlagged = new Set([...flagged, ...unseen]);
  return [...new Set(asked)].filter((minute) => isFlagged.has(minute)).sort((a, b) => a - b);
}
