import { SOURCES, type Candle, type Source } from '../core/candle.js';
import type { ChartRow } from '../core/chart-row.js';
import { RECURSION_REACH } from '../core/indicator-columns.js';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import { toRanges } from '../core/range.js';
import { refreshRows } from '../indicators/refresh-rows.js';
import { mergeAnswers, type MergedRow } from '../quality/merge-answers.js';
import { recordChanges, recordInserts } from '../store/changes.js';
import { CANDLE_CHANGE, INDICATOR_CHANGE } from '../store/chart-columns.js';
import { findRows, insertRows, updateRows } from '../store/chart-rows.js';
import { settleFlags } from '../store/flags.js';
import { lockSymbol } from '../store/locks.js';
import type { Transaction } from '../store/handles.js';
import { inTransaction, type Store } from '../store/store.js';
import { recordLegacyIndicators } from './record-legacy-indicators.js';

export interface WriteOptions {
  symbol: string;
  jobId: number;
  /** Why, for the audit. */
  reason: string;
  sourceOf(candle: Candle): Source;
  lockWaitMs: number;
  replaceFallback?: boolean;
  /** Binance's valid rows give way to other numbers of Binance. */
  replaceValid?: boolean;
  keepFlagged?: boolean;
}

export interface WriteCounts {
  inserted: number;
  replaced: number;
  confirmed: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** Inserted and replaced rows by the source they have now. */
  bySource: Partial<Record<Source, number>>;
}

export const NO_COUNTS: WriteCounts = { inserted: 0, replaced: 0, confirmed: 0, rebuilt: 0, bySource: {} };

/** A writer without our lock added a row that was to be inserted: read again and merge. */
const ADDED_MEANWHILE = '23505';

/** How long a write transaction waits for its symbol when nothing else was said. */
export const DEFAULT_LOCK_WAIT_MS = 10_000;

/**
 * Writes an exchange's candles of one symbol, each stretch in one transaction: lock, read again, merge, compute, store.
 *
 * Rows that may not change stay; everything whose indicators a written candle affects is recomputed with it.
 *
 * @param candles closed and sound, ordered by time without repeats
 */
export async function writeCandles(
  store: Store,
  candles: readonly Candle[],
  options: WriteOptions,
): Promise<WriteCounts> {
  let counts = NO_COUNTS;
  for (const stretch of splitByReach(candles)) {
    counts = addCounts(
      counts,
      await inTransaction(store, (trx) => writeStretch(trx, stretch, options), [ADDED_MEANWHILE]),
    );
  }
  return counts;
}

export function addCounts(a: WriteCounts, b: WriteCounts): WriteCounts {
  const bySource = { ...a.bySource };
  for (const source of SOURCES) if (b.bySource[source]) bySource[source] = (bySource[source] ?? 0) + b.bySource[source];
  return {
    inserted: a.inserted + b.inserted,
    replaced: a.replaced + b.replaced,
    confirmed: a.confirmed + b.confirmed,
    rebuilt: a.rebuilt + b.rebuilt,
    bySource,
  };
}

async function writeStretch(trx: Transaction, candles: readonly Candle[], options: WriteOptions): Promise<WriteCounts> {
  const { symbol } = options;
  const writtenAt = await lockSymbol(trx, symbol, options.lockWaitMs);
  const first = candles[0]!.openTime;
  const reach = RECURSION_REACH * MINUTE_MS;
  const stored = await findRows(trx, symbol, { from: first - reach, to: candles.at(-1)!.openTime + reach + MINUTE_MS });
  const merged = mergeAnswers(stored, candles, {
    sourceOf: (candle) => options.sourceOf(candle),
    writtenAt,
    replaceFallback: options.replaceFallback ?? false,
    replaceValid: options.replaceValid ?? false,
    keepFlagged: options.keepFlagged ?? false,
  });
  const refreshed = new Map(refreshRows(rowsOf(merged), first).map((row) => [row.openTime, row]));
  const finished = merged.map((item) => ({ ...item, row: refreshed.get(item.row.openTime) ?? item.row }));
  const written: WrittenRows = {
    inserted: finished.filter(({ action }) => action === 'insert'),
    replaced: finished.filter(({ action }) => action === 'replace'),
    confirmed: finished.filter(({ action }) => action === 'confirm'),
    rebuilt: finished.filter(({ action, row }) => action === 'keep' && refreshed.has(row.openTime)),
  };
  const { inserted, replaced, confirmed, rebuilt } = written;

  await recordBefore(trx, options, written);
  await insertRows(trx, symbol, rowsOf(inserted));
  await updateRows(trx, symbol, CANDLE_CHANGE, rowsOf([...replaced, ...confirmed]).sort(byTime));
  await updateRows(trx, symbol, INDICATOR_CHANGE, rowsOf(rebuilt));
  await settle(trx, options, written);
  return {
    inserted: inserted.length,
    replaced: replaced.length,
    confirmed: confirmed.length,
    rebuilt: rebuilt.length,
    bySource: countSources([...inserted, ...replaced]),
  };
}

/** The rows that one transaction writes, by what happens to them. */
interface WrittenRows {
  inserted: readonly MergedRow[];
  replaced: readonly MergedRow[];
  confirmed: readonly MergedRow[];
  rebuilt: readonly MergedRow[];
}

/** The audit: new rows, rows that change or are vouched for, legacy rows whose own indicators are lost for the first time. */
async function recordBefore(
  trx: Transaction,
  { symbol, jobId, reason }: WriteOptions,
  { inserted, replaced, confirmed, rebuilt }: WrittenRows,
): Promise<void> {
  const change = { symbol, jobId, reason };
  const isUnflagged = ({ before, row }: MergedRow) => before!.hasMissingData !== row.hasMissingData;
  await recordInserts(trx, symbol, jobId, toRanges(minutesOf(inserted)));
  await recordChanges(trx, { ...change, action: 'replace' }, minutesOf(replaced));
  await recordChanges(trx, { ...change, action: 'unflag' }, minutesOf(confirmed.filter(isUnflagged)));
  await recordChanges(trx, { ...change, action: 'confirm' }, minutesOf(confirmed.filter((item) => !isUnflagged(item))));
  const rebuiltBefore = rebuilt.map(({ before }) => before!);
  await recordLegacyIndicators(trx, change, rebuiltBefore);
}

/** An exchange's word lifts the flags of the rows it vouched for. */
async function settle(
  trx: Transaction,
  { symbol, jobId, keepFlagged = false }: WriteOptions,
  { replaced, confirmed }: WrittenRows,
): Promise<void> {
  const flagged = (items: readonly MergedRow[]) => minutesOf(items.filter(({ before }) => before!.hasMissingData));
  const base = { symbol, jobId };
  await settleFlags(
    trx,
    { ...base, state: 'repaired', reason: 'the exchange gave other numbers', keepFlagged: false },
    flagged(replaced),
  );
  await settleFlags(
    trx,
    { ...base, state: 'confirmed', reason: 'the exchange gave the same numbers', keepFlagged },
    flagged(confirmed),
  );
}

/** Stretches so far apart that no candle of one affects a row that another affects. */
function splitByReach(candles: readonly Candle[]): Candle[][] {
  const stretches: Candle[][] = [];
  for (const candle of candles) {
    const last = stretches.at(-1);
    if (last && candle.openTime - last.at(-1)!.openTime <= 2 * RECURSION_REACH * MINUTE_MS) last.push(candle);
    else stretches.push([candle]);
  }
  return stretches;
}

function countSources(items: readonly MergedRow[]): Partial<Record<Source, number>> {
  const counts: Partial<Record<Source, number>> = {};
  for (const { row } of items) counts[row.source] = (counts[row.source] ?? 0) + 1;
  return counts;
}

function rowsOf(items: readonly MergedRow[]): ChartRow[] {
  return items.map(({ row }) => row);
}

function minutesOf(items: readonly MergedRow[]): Minute[] {
  return items.map(({ row }) => row.openTime);
}

function byTime(a: ChartRow, b: ChartRow): number {
  return a.openTime - b.openTime;
}
