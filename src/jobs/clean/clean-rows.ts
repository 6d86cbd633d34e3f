import { formatMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { Transaction } from '../../database/store.js';
import { lockSymbol } from '../../database/symbol-locks.js';
import { WARM_UP } from '../../indicators/indicator.js';
import { WINDOW_MINUTES } from '../../quality/window.js';
import { recordChanges, recordTimes } from '../../tables/changes.js';
import { removeFlags, removeFlagsFrom } from '../../tables/flags.js';
import { findLaterTimes } from '../../tables/rolling-chart-data/later-rows.js';
import { removeRowsByTimestamp } from '../../tables/rolling-chart-data/off-minute-rows.js';
import { findMinutesBefore } from '../../tables/rolling-chart-data/read-rows.js';
import { findNewestMinute } from '../../tables/rolling-chart-data/row-ends.js';
import { preferIndex, type ScannedRows, scanRows } from '../../tables/rolling-chart-data/scan-rows.js';
import { removeRows } from '../../tables/rolling-chart-data/write-rows.js';
import { rebuildAffected } from '../rebuild.js';
import type { CleanChange, CleanPolicy } from './clean-change.js';
import { acceptFlags, adoptExternalFlags, flagByRules } from './flag-rows.js';
import { type RemovedDuplicates, removeDuplicates } from './remove-duplicates.js';

/** The changes to one symbol, and its state after them. */
export interface Cleaned {
  changes: CleanChange[];
  /** The volume above which a row is a spike; null if no row has a volume or the rule is not active. */
  threshold: number | null;
  /** Rows whose indicators changed. */
  rebuilt: number;
  /** The symbol's rows after the changes, and how many of them are flagged. */
  remaining: { rows: number; flagged: number };
}

/**
 * Cleans one symbol inside a transaction: removes duplicates, evaluates the rules on the remaining rows, accepts flags,
 * prunes, and rebuilds the indicators that these changes affect.
 */
export async function cleanRows(trx: Transaction, policy: CleanPolicy): Promise<Cleaned> {
  const { symbol, jobId } = policy;
  await lockSymbol(trx, symbol, policy.lockWaitMs);
  await preferIndex(trx);
  const removed = await removeLaterRows(trx, policy);
  const { rows, deduplicated } = await scanWithoutDuplicates(trx, policy);
  await adoptExternalFlags(trx, policy, rows.flagged);
  const flagged = await flagByRules(trx, policy, rows, deduplicated.moved);
  const accepted = await acceptFlags(trx, policy, rows.flagged, new Set(minutesOf(flagged.changes)));
  const pruned = await pruneRows(trx, policy);
  const unsound = flagged.changes.filter(({ rule }) => rule === 'unsound'); // an unsound candle ends a run
  const changedCandles = minutesOf([...deduplicated.changes, ...unsound]);
  const firstKept = pruned.length > 0 ? [pruned.at(-1)!.minute + MINUTE_MS] : [];
  return {
    changes: [...removed, ...deduplicated.changes, ...flagged.changes, ...accepted, ...pruned],
    threshold: flagged.threshold,
    rebuilt: await rebuildAffected(trx, { symbol, jobId, reason: 'clean' }, [...changedCandles, ...firstKept]),
    remaining: {
      rows: rows.count - pruned.length,
      flagged: countOpen([...rows.flagged, ...minutesOf(flagged.changes)], minutesOf([...accepted, ...pruned])),
    },
  };
}

/** Scans the rows, and scans them again if duplicates were removed or rows moved. */
async function scanWithoutDuplicates(
  trx: Transaction,
  policy: CleanPolicy,
): Promise<{ rows: ScannedRows; deduplicated: RemovedDuplicates }> {
  const rows = await scanRows(trx, policy.symbol);
  const deduplicated = rows.offMinute > 0 ? await removeDuplicates(trx, policy) : { changes: [], moved: [] };
  return { rows: deduplicated.changes.length > 0 ? await scanRows(trx, policy.symbol) : rows, deduplicated };
}

/** Removes rows later than the exchange's clock and their flags, if the policy says so. */
async function removeLaterRows(
  trx: Transaction,
  { symbol, jobId, closedUntil, removeFuture }: CleanPolicy,
): Promise<CleanChange[]> {
  if (!removeFuture || closedUntil === null) return [];
  const found = await findLaterTimes(trx, symbol, closedUntil);
  const times = found.map(({ time }) => time);
  const reason = `later than the exchange's clock, ${formatMinute(closedUntil)}`;
  await recordTimes(trx, { symbol, jobId, action: 'delete', reason }, times);
  await removeRowsByTimestamp(trx, symbol, times);
  await removeFlagsFrom(trx, symbol, closedUntil);
  return found.map(({ minute, time }) => ({ minute, action: 'remove', reason: `the row at ${time}: ${reason}` }));
}

/** Removes rows before `keepFrom` and their flags, but never the newest window and the warm-up before it. */
async function pruneRows(
  trx: Transaction,
  { symbol, jobId, closedUntil, keepFrom }: CleanPolicy,
): Promise<CleanChange[]> {
  if (keepFrom === null || closedUntil === null) return [];
  const newest = await findNewestMinute(trx, symbol, closedUntil);
  if (newest === null) return [];
  const cut = Math.min(keepFrom, newest + MINUTE_MS - (WINDOW_MINUTES + WARM_UP) * MINUTE_MS);
  const minutes = await findMinutesBefore(trx, symbol, cut);
  const reason = `older than ${formatMinute(cut)}`;
  await recordChanges(trx, { symbol, jobId, action: 'delete', reason }, minutes);
  await removeRows(trx, symbol, minutes);
  await removeFlags(trx, symbol, minutes);
  return minutes.map((minute) => ({ minute, action: 'prune', reason }));
}

function countOpen(flagged: readonly Minute[], resolved: readonly Minute[]): number {
  const open = new Set(flagged);
  for (const minute of resolved) open.delete(minute);
  return open.size;
}

function minutesOf(changes: readonly CleanChange[]): Minute[] {
  return changes.map(({ minute }) => minute);
}
