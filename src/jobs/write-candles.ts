import { SOURCES, type Candle, type Source } from '../core/candle.js';
import { RECURSION_REACH } from '../core/indicator-columns.js';
import { MINUTE_MS } from '../core/minute.js';
import { toRanges } from '../core/range.js';
import { minutesAt, sourceAt, type RowBlock } from '../core/row-block.js';
import { annotateBlock } from '../indicators/annotate-block.js';
import { findStale, setIndicators } from '../indicators/find-stale.js';
import { mergeAnswers, type Merged } from '../quality/merge-answers.js';
import { insertBlock, loadBlock } from '../store/block-rows.js';
import { CANDLE_CHANGE, INDICATOR_CHANGE, updateBlock } from '../store/block-updates.js';
import { recordChanges, recordInserts, type ChangeAction } from '../store/changes.js';
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
  const around = { from: first - reach, to: candles.at(-1)!.openTime + reach + MINUTE_MS };
  const stored = await loadBlock(trx, symbol, around);
  const merged = mergeAnswers(stored, candles, {
    sourceOf: (candle) => options.sourceOf(candle),
    writtenAt,
    replaceFallback: options.replaceFallback ?? false,
    replaceValid: options.replaceValid ?? false,
    keepFlagged: options.keepFlagged ?? false,
  });
  const { block, inserted, replaced, confirmed } = merged;
  const should = annotateBlock(block);
  const stale = findStale(block, should, first);
  setIndicators(block, should, stale);
  const answered = new Set([...inserted, ...replaced, ...confirmed]);
  const rebuilt = stale.filter((at) => !answered.has(at));

  await recordBefore(trx, options, { stored, merged, rebuilt });
  await insertBlock(trx, symbol, block, inserted);
  await updateBlock(
    trx,
    symbol,
    CANDLE_CHANGE,
    block,
    [...replaced, ...confirmed].sort((a, b) => a - b),
  );
  await updateBlock(trx, symbol, INDICATOR_CHANGE, block, rebuilt);
  await settle(trx, options, { stored, merged });
  return {
    inserted: inserted.length,
    replaced: replaced.length,
    confirmed: confirmed.length,
    rebuilt: rebuilt.length,
    bySource: countSources(block, [...inserted, ...replaced]),
  };
}

/** What one transaction writes. */
interface Writing {
  stored: RowBlock;
  merged: Merged;
  /** The places of rows of which only the indicators change. */
  rebuilt: readonly number[];
}

/** The audit: new rows, rows that change or are vouched for, legacy rows whose own indicators are lost for the first time. */
async function recordBefore(
  trx: Transaction,
  { symbol, jobId, reason }: WriteOptions,
  { stored, merged, rebuilt }: Writing,
): Promise<void> {
  const change = { symbol, jobId, reason };
  const { block, before, inserted, replaced, confirmed } = merged;
  const isUnflagged = (at: number) => stored.hasMissingData[before[at]!] !== block.hasMissingData[at];
  const record = (action: ChangeAction, places: readonly number[]) =>
    recordChanges(trx, { ...change, action }, minutesAt(block, places));
  await recordInserts(trx, symbol, jobId, toRanges(minutesAt(block, inserted)));
  await record('replace', replaced);
  await record('unflag', confirmed.filter(isUnflagged));
  await record(
    'confirm',
    confirmed.filter((at) => !isUnflagged(at)),
  );
  const rebuiltBefore = rebuilt.map((at) => before[at]!);
  await recordLegacyIndicators(trx, change, stored, rebuiltBefore);
}

/** An exchange's word lifts the flags of the rows it vouched for. */
async function settle(
  trx: Transaction,
  { symbol, jobId, keepFlagged = false }: WriteOptions,
  { stored, merged }: Omit<Writing, 'rebuilt'>,
): Promise<void> {
  const { block, before, replaced, confirmed } = merged;
  const flagged = (places: readonly number[]) =>
    minutesAt(
      block,
      places.filter((at) => stored.hasMissingData[before[at]!] === 1),
    );
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

function countSources(block: RowBlock, places: readonly number[]): Partial<Record<Source, number>> {
  const counts: Partial<Record<Source, number>> = {};
  for (const at of places) counts[sourceAt(block, at)] = (counts[sourceAt(block, at)] ?? 0) + 1;
  return counts;
}
