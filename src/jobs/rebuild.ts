import { RECURSION_REACH } from '../core/indicator-columns.js';
import { formatMinute, MINUTE_MS, type Minute } from '../core/minute.js';
import { countMinutes, mergeRanges, splitRange, toRanges, type MinuteRange } from '../core/range.js';
import { throwIfStopped } from '../core/failure.js';
import { refreshRows } from '../indicators/refresh-rows.js';
import { INDICATOR_CHANGE } from '../store/chart-columns.js';
import { findRows, findSpan, updateRows } from '../store/chart-rows.js';
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
  const rows = await findRows(trx, symbol, { from: range.from - RECURSION_REACH * MINUTE_MS, to: range.to });
  const changed = refreshRows(rows, range.from).filter((row) => !cause.except?.has(row.openTime));
  if (!cause.isQuestion && changed.length > 0) {
    const places = new Map(rows.map((row) => [row.openTime, row]));
    await recordLegacyIndicators(
      trx,
      cause,
      changed.map((row) => places.get(row.openTime)!),
    );
    await updateRows(trx, symbol, INDICATOR_CHANGE, changed);
  }
  const refreshed = new Map(changed.map((row) => [row.openTime, row.isComplete]));
  const inside = rows.filter((row) => row.openTime >= range.from);
  const complete = inside.filter((row) => refreshed.get(row.openTime) ?? row.isComplete).length;
  return { rows: inside.length, rewritten: changed.length, complete, incomplete: inside.length - complete };
}
