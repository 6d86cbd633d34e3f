import { RECURSION_REACH } from '../core/indicator-columns.js';
import { formatMinute, MINUTE_MS, type Minute } from '../core/minute.js';
import { countMinutes, mergeRanges, splitRange, toRanges, type MinuteRange } from '../core/range.js';
import { throwIfStopped } from '../core/failure.js';
import { annotateBlock } from '../indicators/annotate-block.js';
import { findStale, setIndicators } from '../indicators/find-stale.js';
import { loadBlock } from '../store/block-rows.js';
import { INDICATOR_CHANGE, updateBlock } from '../store/block-updates.js';
import { findSpan } from '../store/chart-rows.js';
import type { Transaction } from '../store/handles.js';
import { lockSymbol } from '../store/locks.js';
import { inTransaction } from '../store/store.js';
import type { StoreContext } from './context.js';
import { recordLegacyIndicators } from './record-legacy-indicators.js';
import type { JobOptions, JobResult } from './result.js';
import { runJob } from './run-job.js';
import { DEFAULT_LOCK_WAIT_MS } from './write-candles.js';

/** Minutes recomputed in one transaction. */
const CHUNK_MINUTES = 20_000;

export interface RebuildOptions extends JobOptions {
  /** Only rows in this range. */
  range?: MinuteRange | undefined;
  /** Only rows that a change at these minutes can affect. */
  minutes?: readonly Minute[] | undefined;
  /** Only count. */
  dryRun?: boolean | undefined;
}

export interface RebuildSummary {
  /** Rows read and recomputed. */
  rows: number;
  /** Rows whose numbers really changed, and were written. */
  rewritten: number;
  complete: number;
  incomplete: number;
}

/** Recomputes indicators and completeness from the candles in the database; writes what differs. */
export function rebuild(context: StoreContext, options: RebuildOptions): Promise<JobResult<RebuildSummary>> {
  const { range, minutes } = options;
  return runJob(context, options, {
    command: 'rebuild',
    arguments: {
      ...(range && { from: formatMinute(range.from), to: formatMinute(range.to) }),
      ...(minutes && { timestamps: minutes.length }),
    },
    isQuestion: options.dryRun,
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
  const summary: RebuildSummary = { rows: 0, rewritten: 0, complete: 0, incomplete: 0 };
  let done = 0;
  for (const chunk of ranges.flatMap((range) => splitRange(range, CHUNK_MINUTES))) {
    throwIfStopped(signal);
    const part = await inTransaction(store, async (trx) => {
      await lockSymbol(trx, symbol, options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS);
      return rebuildRange(trx, { symbol, jobId, reason: 'rebuild', isQuestion: options.dryRun }, chunk);
    });
    for (const key of Object.keys(summary) as (keyof RebuildSummary)[]) summary[key] += part[key];
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
  if (range) return [range];
  const span = await findSpan(store.knex, symbol);
  return span ? [{ from: span.first, to: span.last + MINUTE_MS }] : [];
}

/** The rows that a change of candles at these minutes can affect. */
function affectedRanges(minutes: readonly Minute[]): MinuteRange[] {
  return mergeRanges(minutes.map((minute) => ({ from: minute, to: minute + (RECURSION_REACH + 1) * MINUTE_MS })));
}

/**
 * Recomputes what a change of candles at these minutes can affect, inside a transaction that holds the symbol's lock.
 *
 * @returns how many rows were rewritten
 */
export async function rebuildAffected(
  trx: Transaction,
  cause: RebuildCause,
  minutes: readonly Minute[],
  alone: readonly Minute[] = [],
): Promise<number> {
  let rewritten = 0;
  for (const range of mergeRanges([...affectedRanges(minutes), ...toRanges(alone)]).flatMap((affected) =>
    splitRange(affected, CHUNK_MINUTES),
  )) {
    rewritten += (await rebuildRange(trx, cause, range)).rewritten;
  }
  return rewritten;
}

interface RebuildCause {
  symbol: string;
  jobId: number;
  reason: string;
  isQuestion?: boolean | undefined;
  /** Rows that keep the indicators they have. */
  except?: ReadonlySet<Minute> | undefined;
}

/** Recomputes the rows of a range inside a transaction that holds the symbol's lock. */
async function rebuildRange(trx: Transaction, cause: RebuildCause, range: MinuteRange): Promise<RebuildSummary> {
  const { symbol } = cause;
  const block = await loadBlock(trx, symbol, { from: range.from - RECURSION_REACH * MINUTE_MS, to: range.to });
  const should = annotateBlock(block, range.from);
  const stale = findStale(block, should, range.from).filter((at) => !cause.except?.has(block.openTime[at]!));
  if (!cause.isQuestion) await recordLegacyIndicators(trx, cause, block, stale);
  setIndicators(block, should, stale);
  if (!cause.isQuestion) await updateBlock(trx, INDICATOR_CHANGE, { symbol, block, places: stale });
  const inside = block.isComplete.filter((_, at) => block.openTime[at]! >= range.from);
  const complete = inside.reduce((sum, mark) => sum + mark, 0);
  return { rows: inside.length, rewritten: stale.length, complete, incomplete: inside.length - complete };
}
