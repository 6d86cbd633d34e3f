import type { Minute } from '../core/minute.js';
import { recordChanges } from '../store/changes.js';
import { findFlagged, settleFlags } from '../store/flags.js';
import type { Transaction } from '../store/handles.js';
import type { CleanChange } from './clean-change.js';
import type { CleanPolicy } from './clean-policy.js';

/**
 * Lifts flags that a person vouches for, with the reason given; minutes that are not flagged are passed over.
 *
 * @param unseen minutes that were flagged just now: nobody can have looked at them, so "all open" leaves them out
 */
export async function acceptFlags(
  trx: Transaction,
  { symbol, jobId, accept }: CleanPolicy,
  unseen: ReadonlySet<Minute>,
): Promise<CleanChange[]> {
  if (!accept) return [];
  const flagged = await findFlagged(trx, symbol, { exceptKept: false });
  const { minutes: chosen, reason } = accept;
  const minutes = flagged.filter((minute) => (chosen === 'all-open' ? !unseen.has(minute) : chosen.includes(minute)));
  await recordChanges(trx, { symbol, jobId, action: 'unflag', reason }, minutes);
  await settleFlags(trx, { symbol, jobId, state: 'accepted', reason, keepFlagged: false }, minutes);
  return minutes.map((minute) => ({ minute, action: 'accept', reason }));
}
