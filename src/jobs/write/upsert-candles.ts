import { type Candle, type Source, SOURCES } from '../../core/candle.js';
import { MINUTE_MS } from '../../core/minute.js';
import { toRanges } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { RECURSION_REACH } from '../../indicators/indicator.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { mergeAnswers, type Merged } from '../../quality/merge-answers.js';
import { annotateBlock, findStale, setIndicators } from '../../rows/block-indicators.js';
import { minutesAt, type RowBlock, sourceAt } from '../../rows/row-block.js';
import { type ChangeAction, findUnlogged, recordAllInserts, recordChanges } from '../../tables/changes.js';
import { settleFlags } from '../../tables/flags.js';
import { loadBlocks } from '../../tables/rolling-chart-data/read-rows.js';
import {
  CANDLE_UPDATE_COLUMNS,
  INDICATOR_UPDATE_COLUMNS,
  insertBlocks,
  updateBlock,
} from '../../tables/rolling-chart-data/write-rows.js';

/**
 * Logs rows that the platform wrote itself before their indicators are overwritten for the first time.
 *
 * @param stored the rows as they stand in the database
 * @param places those of them whose indicators change, in order
 */
export async function recordLegacyIndicators(
  trx: Transaction,
  change: { symbol: string; jobId: number; reason: string },
  stored: RowBlock,
  places: readonly number[],
): Promise<void> {
  const legacy = places.filter(
    (at) => Number.isNaN(stored.writtenAt[at]) && INDICATOR_COLUMNS.some((column) => !Number.isNaN(stored[column][at])),
  );
  const minutes = await findUnlogged(trx, change.symbol, minutesAt(stored, legacy));
  await recordChanges(trx, { ...change, action: 'rebuild' }, minutes);
}

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

/** Candles of one symbol that are near enough to each other to be written together, at least one. */
export interface CandleBatch {
  candles: readonly Candle[];
  options: WriteOptions;
}

/**
 * Writes stretches of different symbols within a transaction that holds the symbols' locks: reads what is there,
 * merges, computes, stores. What is inserted takes the same few statements however many symbols there are.
 *
 * @returns what was done, stretch by stretch
 */
export async function upsertCandles(
  trx: Transaction,
  stretches: readonly CandleBatch[],
  writtenAt: Date,
): Promise<WriteCounts[]> {
  const stored = await loadBlocks(trx, stretches.map(toReadRange));
  const writings = stretches.map((stretch, i) => prepare(stretch, stored[i]!, writtenAt));
  await recordInserted(trx, writings);
  for (const writing of writings) await recordChanged(trx, writing);
  await insertBlocks(
    trx,
    writings.map(({ options, merged }) => ({ ...options, block: merged.block, places: merged.inserted })),
  );
  for (const writing of writings) {
    await updateRows(trx, writing);
    await resolveFlags(trx, writing);
  }
  return writings.map(toCounts);
}

/** What is written of one symbol. */
interface PreparedWrite {
  options: WriteOptions;
  stored: RowBlock;
  merged: Merged;
  /** The places of rows of which only the indicators change. */
  rebuilt: readonly number[];
}

/** The rows that a stretch's indicators need, and those whose indicators it changes. */
function toReadRange({ candles, options }: CandleBatch) {
  const reach = RECURSION_REACH * MINUTE_MS;
  const range = { from: candles[0]!.openTime - reach, to: candles.at(-1)!.openTime + reach + MINUTE_MS };
  return { symbol: options.symbol, range };
}

function prepare({ candles, options }: CandleBatch, stored: RowBlock, writtenAt: Date): PreparedWrite {
  const merged = mergeAnswers(stored, candles, {
    sourceOf: (candle) => options.sourceOf(candle),
    writtenAt,
    replaceFallback: options.replaceFallback ?? false,
    replaceValid: options.replaceValid ?? false,
    keepFlagged: options.keepFlagged ?? false,
  });
  const { block, inserted, replaced, confirmed } = merged;
  const first = candles[0]!.openTime;
  const should = annotateBlock(block, first);
  const stale = findStale(block, should, first);
  setIndicators(block, should, stale);
  const answered = new Set([...inserted, ...replaced, ...confirmed]);
  return { options, stored, merged, rebuilt: stale.filter((at) => !answered.has(at)) };
}

/** The audit of new rows. */
async function recordInserted(trx: Transaction, writings: readonly PreparedWrite[]): Promise<void> {
  const inserted = writings.flatMap(({ options, merged }) =>
    toRanges(minutesAt(merged.block, merged.inserted)).map((range) => ({ symbol: options.symbol, range })),
  );
  await recordAllInserts(trx, writings[0]!.options.jobId, inserted);
}

/** The audit of rows that change or are vouched for, and of legacy rows whose own indicators are lost for the first time. */
async function recordChanged(trx: Transaction, { options, stored, merged, rebuilt }: PreparedWrite): Promise<void> {
  const { symbol, jobId, reason } = options;
  const { block, before, replaced, confirmed } = merged;
  const isUnflagged = (at: number) => stored.hasMissingData[before[at]!] !== block.hasMissingData[at];
  const record = (action: ChangeAction, places: readonly number[]) =>
    recordChanges(trx, { symbol, jobId, reason, action }, minutesAt(block, places));
  await record('replace', replaced);
  await record('unflag', confirmed.filter(isUnflagged));
  await record(
    'confirm',
    confirmed.filter((at) => !isUnflagged(at)),
  );
  const rebuiltBefore = rebuilt.map((at) => before[at]!);
  await recordLegacyIndicators(trx, { symbol, jobId, reason }, stored, rebuiltBefore);
}

async function updateRows(trx: Transaction, { options, merged, rebuilt }: PreparedWrite): Promise<void> {
  const { block, replaced, confirmed } = merged;
  const changed = [...replaced, ...confirmed].sort((a, b) => a - b);
  await updateBlock(trx, CANDLE_UPDATE_COLUMNS, { symbol: options.symbol, block, places: changed });
  await updateBlock(trx, INDICATOR_UPDATE_COLUMNS, { symbol: options.symbol, block, places: rebuilt });
}

/** An exchange's word lifts the flags of the rows it vouched for. */
async function resolveFlags(trx: Transaction, { options, stored, merged }: PreparedWrite): Promise<void> {
  const { symbol, jobId, keepFlagged = false } = options;
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

function toCounts({ merged, rebuilt }: PreparedWrite): WriteCounts {
  const { block, inserted, replaced, confirmed } = merged;
  const bySource: Partial<Record<Source, number>> = {};
  for (const at of [...inserted, ...replaced]) {
    const source = sourceAt(block, at);
    bySource[source] = (bySource[source] ?? 0) + 1;
  }
  return {
    inserted: inserted.length,
    replaced: replaced.length,
    confirmed: confirmed.length,
    rebuilt: rebuilt.length,
    bySource,
  };
}

/** What became of the rows of one symbol. */
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
