import { type Source, SOURCES } from '../../core/candle.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { toRanges } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { RECURSION_REACH } from '../../indicators/indicator.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { mergeAnswers, type Merged } from '../../quality/merge-answers.js';
import type { CandleColumns } from '../../rows/candle-columns.js';
import { annotateBlock, findStale, setIndicators, setIndicatorsFrom } from '../../rows/block-indicators.js';
import { minutesAt, type RowBlock, timesAt } from '../../rows/row-block.js';
import { type ChangeAction, findUnlogged, recordAllInserts, recordChanges } from '../../tables/changes.js';
import { settleFlags } from '../../tables/flags.js';
import { loadBlocks } from '../../tables/rolling-chart-data/read-rows.js';
import {
  CANDLE_UPDATE_COLUMNS,
  INDICATOR_UPDATE_COLUMNS,
  insertBlocks,
  updateBlock,
} from '../../tables/rolling-chart-data/write-rows.js';

export interface WriteOptions {
  symbol: string;
  jobId: number;
  /** For the audit log. */
  reason: string;
  sourceOf(openTime: Minute): Source;
  lockWaitMs: number;
  /** Whether valid rows of a fallback exchange are replaced. */
  replaceFallback?: boolean;
  /** Whether Binance's numbers also replace valid rows of Binance. */
  replaceValid?: boolean;
  /** Whether rows with the same numbers as the exchange's keep their flags. */
  keepFlagged?: boolean;
}

/** Candles of one symbol, at least one, so close to each other that they are written together. */
export interface CandleBatch {
  candles: CandleColumns;
  options: WriteOptions;
}

/** The numbers of rows of one symbol that a write changed. */
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

/**
 * Writes batches of different symbols inside a transaction that holds the symbols' locks: reads the stored rows, merges,
 * calculates indicators, stores. Inserts take the same few statements for any number of symbols.
 *
 * @returns the counts of each batch
 */
export async function upsertCandles(
  trx: Transaction,
  batches: readonly CandleBatch[],
  writtenAt: Date,
): Promise<WriteCounts[]> {
  const stored = await loadBlocks(trx, batches.map(toReadRange));
  const writes = batches.map((batch, i) => prepare(batch, stored[i]!, writtenAt));
  await recordInserted(trx, writes);
  for (const write of writes) await recordChanged(trx, write);
  await insertBlocks(
    trx,
    writes.map(({ options, merged }) => ({ symbol: options.symbol, block: merged.block, indices: merged.inserted })),
  );
  for (const write of writes) {
    await updateRows(trx, write);
    await resolveFlags(trx, write);
  }
  return writes.map(toCounts);
}

/** A batch merged with the stored rows, ready to be stored. */
interface PreparedWrite {
  options: WriteOptions;
  stored: RowBlock;
  merged: Merged;
  /** The rows of which only the indicators change. */
  rebuilt: readonly number[];
}

/** The rows that the batch's indicators depend on, and the rows whose indicators it changes. */
function toReadRange({ candles, options }: CandleBatch) {
  const reach = RECURSION_REACH * MINUTE_MS;
  const first = candles.openTime[0]!;
  const range = { from: first - reach, to: candles.openTime.at(-1)! + reach + MINUTE_MS };
  return { symbol: options.symbol, range, whole: first };
}

function prepare({ candles, options }: CandleBatch, stored: RowBlock, writtenAt: Date): PreparedWrite {
  const merged = mergeAnswers(stored, candles, {
    sourceOf: (openTime) => options.sourceOf(openTime),
    writtenAt,
    replaceFallback: options.replaceFallback ?? false,
    replaceValid: options.replaceValid ?? false,
    keepFlagged: options.keepFlagged ?? false,
  });
  const { block, inserted, replaced, confirmed } = merged;
  const first = candles.openTime[0]!;
  const calculated = annotateBlock(block, first);
  if (isAllNew(merged, first)) {
    setIndicatorsFrom(block, calculated, inserted[0]!);
    return { options, stored, merged, rebuilt: [] };
  }
  const stale = findStale(block, calculated, first);
  setIndicators(block, calculated, stale);
  const isWritten = new Uint8Array(block.length);
  for (const indices of [inserted, replaced, confirmed]) for (const at of indices) isWritten[at] = 1;
  return { options, stored, merged, rebuilt: stale.filter((at) => isWritten[at] === 0) };
}

/** Whether every row from a minute on is an inserted one, as in a table that is being filled. */
function isAllNew({ block, inserted }: Merged, first: Minute): boolean {
  const start = block.length - inserted.length;
  return inserted[0] === start && (start === 0 || block.openTime[start - 1]! < first);
}

async function recordInserted(trx: Transaction, writes: readonly PreparedWrite[]): Promise<void> {
  const inserted = writes.flatMap(({ options, merged }) =>
    toRanges(timesAt(merged.block, merged.inserted)).map((range) => ({ symbol: options.symbol, range })),
  );
  await recordAllInserts(trx, writes[0]!.options.jobId, inserted);
}

/** Records rows before they are replaced, unflagged or confirmed, and legacy rows before their indicators are overwritten. */
async function recordChanged(trx: Transaction, { options, stored, merged, rebuilt }: PreparedWrite): Promise<void> {
  const { symbol, jobId, reason } = options;
  const { block, before, replaced, confirmed } = merged;
  const isUnflagged = (at: number) => stored.hasMissingData[before[at]!] !== block.hasMissingData[at];
  const record = (action: ChangeAction, indices: readonly number[]) =>
    recordChanges(trx, { symbol, jobId, reason, action }, minutesAt(block, indices));
  await record('replace', replaced);
  await record('unflag', confirmed.filter(isUnflagged));
  await record(
    'confirm',
    confirmed.filter((at) => !isUnflagged(at)),
  );
  const rebuiltBefore = rebuilt.map((at) => before[at]!);
  await recordLegacyIndicators(trx, { symbol, jobId, reason }, stored, rebuiltBefore);
}

/**
 * Records the previous state of rows that the platform wrote, before their indicators are overwritten for the first time.
 *
 * @param stored the rows as they are in the database
 * @param indices the rows among them whose indicators change, in order
 */
export async function recordLegacyIndicators(
  trx: Transaction,
  change: { symbol: string; jobId: number; reason: string },
  stored: RowBlock,
  indices: readonly number[],
): Promise<void> {
  const legacy = indices.filter(
    (at) => Number.isNaN(stored.writtenAt[at]) && INDICATOR_COLUMNS.some((column) => !Number.isNaN(stored[column][at])),
  );
  const minutes = await findUnlogged(trx, change.symbol, minutesAt(stored, legacy));
  await recordChanges(trx, { ...change, action: 'rebuild' }, minutes);
}

async function updateRows(trx: Transaction, { options, merged, rebuilt }: PreparedWrite): Promise<void> {
  const { block, replaced, confirmed } = merged;
  const changed = [...replaced, ...confirmed].sort((a, b) => a - b);
  await updateBlock(trx, CANDLE_UPDATE_COLUMNS, { symbol: options.symbol, block, indices: changed });
  await updateBlock(trx, INDICATOR_UPDATE_COLUMNS, { symbol: options.symbol, block, indices: rebuilt });
}

/** Resolves the flags of rows that the exchange replaced or confirmed. */
async function resolveFlags(trx: Transaction, { options, stored, merged }: PreparedWrite): Promise<void> {
  const { symbol, jobId, keepFlagged = false } = options;
  const { block, before, replaced, confirmed } = merged;
  const flagged = (indices: readonly number[]) =>
    minutesAt(
      block,
      indices.filter((at) => stored.hasMissingData[before[at]!] === 1),
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
  const written = SOURCES.map(() => 0);
  for (const indices of [inserted, replaced]) for (const at of indices) written[block.source[at]!]! += 1;
  const bySource: Partial<Record<Source, number>> = {};
  for (const [i, source] of SOURCES.entries()) if (written[i]! > 0) bySource[source] = written[i]!;
  return {
    inserted: inserted.length,
    replaced: replaced.length,
    confirmed: confirmed.length,
    rebuilt: rebuilt.length,
    bySource,
  };
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
