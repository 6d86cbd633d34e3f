import { WARM_UP, WINDOW } from '../../core/indicator-columns.js';
import { formatMinute, MINUTE_MS } from '../../core/minute.js';
import { recordChanges } from '../../store/changes.js';
import { findMinutesBefore, findSpan, removeRows } from '../../store/chart-rows.js';
import { removeFlags } from '../../store/flags.js';
import type { Transaction } from '../../store/handles.js';
import type { CleanChange } from './clean-change.js';
import type { CleanPolicy } from './clean-policy.js';

/** Removes rows older than asked with their flags, but never the newest window and the warm-up before it. */
export async function pruneRows(trx: Transaction, { symbol, jobId, keepFrom }: CleanPolicy): Promise<CleanChange[]> {
  const span = keepFrom === null ? null : await findSpan(trx, symbol);
  if (!span || keepFrom === null) return [];
  const cut = Math.min(keepFrom, span.last + MINUTE_MS - (WINDOW + WARM_UP) * MINUTE_MS);
  const minutes = await findMinutesBefore(trx, symbol, cut);
  const reason = `older than ${formatMinute(cut)}`;
  await recordChanges(trx, { symbol, jobId, action: 'delete', reason }, minutes);
  await removeRows(trx, symbol, minutes);
  await removeFlags(trx, symbol, minutes);
  return minutes.map((minute) => ({ minute, action: 'prune', reason }));
}
