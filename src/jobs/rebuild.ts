import { throwIfStopped } from '../core/failure.js';
import { loadAhead } from '../core/load-ahead.js';
import { formatMinute, MAX_DATE_MS, type Minute, MINUTE_MS } from '../core/minute.js';
import { countMinutes, mergeRanges, type MinuteRange, splitRange, toRanges } from '../core/range.js';
import type { Transaction } from '../database/store.js';
import { lockSymbol } from '../database/symbol-locks.js';
import { inTransaction } from '../database/transaction.js';
import { RECURSION_REACH } from '../indicators/indicator.js';
import { annotateBlock, findStale, setIndicators } from '../rows/block-indicators.js';
import type { RowBlock } from '../rows/row-block.js';
import { openCompressedChunks } from '../tables/engine/timescaledb/compressed-chunks.js';
import { loadBlock } from '../tables/rolling-chart-data/read-rows.js';
import { findPlausibleSpan } from '../tables/rolling-chart-data/row-ends.js';
import { INDICATOR_UPDATE_COLUMNS, updateBlock } from '../tables/rolling-chart-data/write-rows.js';
import { DEFAULT_LOCK_WAIT_MS, type JobOptions, type JobResult, type StoreContext } from './job.js';
import { runJob } from './run-job.js';
import { recordLegacyIndicators } from './write/upsert-candles.js';

/** Minutes recalculated in one transaction. It bounds memory and how long other writers of the symbol wait. */
const CHUNK_MINUTES = 20_000;

const EMPTY_SUMMARY: Readonly<RebuildSummary> = { rows: 0, rewritten: 0, complete: 0, incomplete: 0 };

export interface RebuildOptions extends JobOptions {
  /** Only rows in this range. */
  range?: MinuteRange | undefined;
  /** Only rows that a change at these minutes can affect. */
  minutes?: readonly Minute[] | undefined;
  /** Only count. */
  dryRun?: boolean | undefined;
}

/** The result of a rebuild for one symbol. */
export interface RebuildSummary {
  /** Rows read and recalculated. */
  rows: number;
  /** Rows whose indicators changed by more than the tolerance, and were written. */
  rewritten: number;
  /** Rows read that have every indicator. */
  complete: number;
  /** Rows read that are unsound or too close to a gap. */
  incomplete: number;
}

/** Recalculates indicators and completeness from the stored candles and writes the rows that differ. */
export function rebuild(context: StoreContext, options: RebuildOptions): Promise<JobResult<RebuildSummary>> {
  const { range, minutes } = options;
  return runJob(context, options, {
    command: 'rebuild',
    arguments: {
      ...(range && { from: formatMinute(range.from), ...(isOpen(range) ? {} : { to: formatMinute(range.to) }) }),
      ...(minutes && { timestamps: minutes.length }),
    },
    readOnly: options.dryRun,
    retired: 'named',
    work: (symbol, jobId) => rebuildSymbol(context, options, symbol, jobId),
    countsOf: ({ rows, rewritten }) => ({ rows, rewritten }),
  });
}

async function rebuildSymbol(
  context: StoreContext,
  options: RebuildOptions,
  symbol: string,
  jobId: number,
): Promise<RebuildSummary> {
  const { store, onProgress, signal } = context;
  const ranges = await chooseRanges(context, options, symbol);
  const total = ranges.reduce((sum, range) => sum + countMinutes(range), 0);
  const summary = { ...EMPTY_SUMMARY };
  if (!options.dryRun) await openCompressedChunks(store, ranges);
  let done = 0;
  for (const chunk of ranges.flatMap((range) => splitRange(range, CHUNK_MINUTES))) {
    throwIfStopped(signal);
    const part = await inTransaction(store, async (trx) => {
      await lockSymbol(trx, symbol, options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS);
      return rebuildRanges(trx, { symbol, jobId, reason: 'rebuild', readOnly: options.dryRun }, [chunk]);
    });
    addSummary(summary, part);
    done += countMinutes(chunk);
    onProgress?.({ symbol, done, total, unit: 'minutes' });
  }
  return summary;
}

async function chooseRanges(
  { store }: StoreContext,
  { range, minutes }: RebuildOptions,
  symbol: string,
): Promise<MinuteRange[]> {
  if (minutes) return affectedRanges(minutes);
  if (range && !isOpen(range)) return [range];
  const span = await findPlausibleSpan(store.knex, symbol, range);
  return span ? [{ from: span.first, to: span.last + MINUTE_MS }] : [];
}

/** Whether a range ends with the last row. */
function isOpen({ to }: MinuteRange): boolean {
  return to >= MAX_DATE_MS;
}

/** The rows that a change of candles at these minutes can affect. */
function affectedRanges(minutes: readonly Minute[]): MinuteRange[] {
  return mergeRanges(minutes.map((minute) => ({ from: minute, to: minute + (RECURSION_REACH + 1) * MINUTE_MS })));
}

/**
 * Recalculates the rows that changed candles can affect, inside a transaction that holds the symbol's lock.
 *
 * @param minutes where candles changed: every row within reach of the indicators is recalculated
 * @param alone minutes of which only the row itself is recalculated
 * @returns how many rows were rewritten
 */
export async function rebuildAffected(
  trx: Transaction,
  cause: RebuildCause,
  minutes: readonly Minute[],
  alone: readonly Minute[] = [],
): Promise<number> {
  const ranges = mergeRanges([...affectedRanges(minutes), ...toRanges(alone)]);
  return (await rebuildRanges(trx, cause, ranges)).rewritten;
}

interface RebuildCause {
  symbol: string;
  jobId: number;
  reason: string;
  readOnly?: boolean | undefined;
  /** Rows that keep their indicators. */
  except?: ReadonlySet<Minute> | undefined;
}

/**
 * Recalculates the rows of ranges inside a transaction that holds the symbol's lock. The next rows are loaded while the
 * previous ones are calculated and written: this is safe because only indicators are written, and later rows depend only
 * on the candles of earlier ones. Ranges that would load the same rows as their look-back are loaded together.
 *
 * @param ranges ordered, and apart from each other
 */
async function rebuildRanges(
  trx: Transaction,
  cause: RebuildCause,
  ranges: readonly MinuteRange[],
): Promise<RebuildSummary> {
  const summary = { ...EMPTY_SUMMARY };
  const parts = mergeRanges(ranges, RECURSION_REACH).flatMap((range) => splitRange(range, CHUNK_MINUTES));
  const load = async ({ from, to }: MinuteRange) => {
    const block = await loadBlock(trx, cause.symbol, { from: from - RECURSION_REACH * MINUTE_MS, to });
    return { block, from };
  };
  for await (const { block, from } of loadAhead(parts, load))
    addSummary(summary, await rebuildBlock(trx, cause, { block, from, ranges }));
  return summary;
}

/** Recalculates the rows of a block that are in the ranges, from `from` on. */
async function rebuildBlock(
  trx: Transaction,
  cause: RebuildCause,
  { block, from, ranges }: { block: RowBlock; from: Minute; ranges: readonly MinuteRange[] },
): Promise<RebuildSummary> {
  const calculated = annotateBlock(block, from);
  const isAsked = markRows(block, from, ranges);
  const stale = findStale(block, calculated, from).filter(
    (at) => isAsked[at] === 1 && !cause.except?.has(block.openTime[at]!),
  );
  if (!cause.readOnly) await recordLegacyIndicators(trx, cause, block, stale);
  setIndicators(block, calculated, stale);
  if (!cause.readOnly)
    await updateBlock(trx, INDICATOR_UPDATE_COLUMNS, { symbol: cause.symbol, block, indices: stale });
  const part = { ...EMPTY_SUMMARY, rewritten: stale.length };
  for (let at = 0; at < block.length; at += 1) {
    if (isAsked[at] === 0) continue;
    part.rows += 1;
    part.complete += block.isComplete[at]!;
  }
  return { ...part, incomplete: part.rows - part.complete };
}

/** For each row of a block: 1 if it is in one of the ordered ranges and not before `from`, else 0. */
function markRows({ length, openTime }: RowBlock, from: Minute, ranges: readonly MinuteRange[]): Uint8Array {
  const marks = new Uint8Array(length);
  let range = 0;
  for (let at = 0; at < length; at += 1) {
    const minute = openTime[at]!;
    while (range < ranges.length && ranges[range]!.to <= minute) range += 1;
    if (range === ranges.length) break;
    if (minute >= from && minute >= ranges[range]!.from) marks[at] = 1;
  }
  return marks;
}

function addSummary(sum: RebuildSummary, part: RebuildSummary): void {
  for (const key of Object.keys(EMPTY_SUMMARY) as (keyof RebuildSummary)[]) sum[key] += part[key];
}
