import { type Candle, type Source } from '../../core/candle.js';
import { RECURSION_REACH } from '../../core/indicator-columns.js';
import { MINUTE_MS } from '../../core/minute.js';
import { toRanges } from '../../core/range.js';
import { minutesAt, sourceAt, type RowBlock } from '../../core/row-block.js';
import { annotateBlock } from '../../indicators/annotate-block.js';
import { findStale, setIndicators } from '../../indicators/find-stale.js';
import { mergeAnswers, type Merged } from '../../quality/merge-answers.js';
import { insertBlocks, loadBlocks } from '../../store/block-rows.js';
import { CANDLE_CHANGE, INDICATOR_CHANGE, updateBlock } from '../../store/block-updates.js';
import { recordAllInserts, recordChanges, type ChangeAction } from '../../store/changes.js';
import { settleFlags } from '../../store/flags.js';
import type { Transaction } from '../../store/handles.js';
import { recordLegacyIndicators } from './record-legacy-indicators.js';
import type { WriteCounts } from './write-counts.js';

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
export interface Stretch {
  candles: readonly Candle[];
  options: WriteOptions;
}

/**
 * Writes stretches of different symbols within a transaction that holds the symbols' locks: reads what is there,
 * merges, computes, stores. What is inserted takes the same few statements however many symbols there are.
 *
 * @returns what was done, stretch by stretch
 */
export async function writeStretches(
  trx: Transaction,
  stretches: readonly Stretch[],
  writtenAt: Date,
): Promise<WriteCounts[]> {
  const stored = await loadBlocks(trx, stretches.map(toSurroundings));
  const writings = stretches.map((stretch, i) => prepare(stretch, stored[i]!, writtenAt));
  await recordInserted(trx, writings);
  for (const writing of writings) await recordBefore(trx, writing);
  await insertBlocks(
    trx,
    writings.map(({ options, merged }) => ({ ...options, block: merged.block, places: merged.inserted })),
  );
  for (const writing of writings) {
    await update(trx, writing);
    await settle(trx, writing);
  }
  return writings.map(toCounts);
}

/** What is written of one symbol. */
interface Writing {
  options: WriteOptions;
  stored: RowBlock;
  merged: Merged;
  /** The places of rows of which only the indicators change. */
  rebuilt: readonly number[];
}

/** The rows that a stretch's indicators need, and those whose indicators it changes. */
function toSurroundings({ candles, options }: Stretch) {
  const reach = RECURSION_REACH * MINUTE_MS;
  const range = { from: candles[0]!.openTime - reach, to: candles.at(-1)!.openTime + reach + MINUTE_MS };
  return { symbol: options.symbol, range };
}

function prepare({ candles, options }: Stretch, stored: RowBlock, writtenAt: Date): Writing {
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
async function recordInserted(trx: Transaction, writings: readonly Writing[]): Promise<void> {
  const inserted = writings.flatMap(({ options, merged }) =>
    toRanges(minutesAt(merged.block, merged.inserted)).map((range) => ({ symbol: options.symbol, range })),
  );
  await recordAllInserts(trx, writings[0]!.options.jobId, inserted);
}

/** The audit of rows that change or are vouched for, and of legacy rows whose own indicators are lost for the first time. */
async function recordBefore(trx: Transaction, { options, stored, merged, rebuilt }: Writing): Promise<void> {
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

async function update(trx: Transaction, { options, merged, rebuilt }: Writing): Promise<void> {
  const { block, replaced, confirmed } = merged;
  const changed = [...replaced, ...confirmed].sort((a, b) => a - b);
  await updateBlock(trx, CANDLE_CHANGE, { symbol: options.symbol, block, places: changed });
  await updateBlock(trx, INDICATOR_CHANGE, { symbol: options.symbol, block, places: rebuilt });
}

/** An exchange's word lifts the flags of the rows it vouched for. */
async function settle(trx: Transaction, { options, stored, merged }: Writing): Promise<void> {
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

function toCounts({ merged, rebuilt }: Writing): WriteCounts {
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
