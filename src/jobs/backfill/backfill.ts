import { Failure } from '../../core/failure.js';
import { formatHalt } from '../../core/halt.js';
import { floorMinute, formatMinute } from '../../core/minute.js';
import {
  countMinutes,
  formatRange,
  intersect,
  type MinuteRange,
  splitRange,
  subtractRanges,
  sumMinutes,
} from '../../core/range.js';
import type { Store } from '../../database/store.js';
import { findGapsIn } from '../../tables/gaps.js';
import { findMissing, type RangeSummary, summarizeRange } from '../../tables/rolling-chart-data/coverage.js';
import { findNewestBinanceMinute } from '../../tables/rolling-chart-data/row-ends.js';
import { type BeforeAndAfter, withCoverage } from '../coverage-parts.js';
import { PUBLICATION_DELAY_MS, REQUEST_WEIGHT } from '../fetch/binance-requests.js';
import { fetchCheckedFallback } from '../fetch/fetch-checked-fallback.js';
import { fetchAndWrite } from '../fetch/fetch-and-write.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult } from '../job.js';
import { readClock, toClosedRange } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { addCounts, NO_COUNTS, type WriteCounts, type WriteOptions } from '../write/upsert-candles.js';
import { writeCandles } from '../write/write-candles.js';
import {
  type AbsentRange,
  explainAbsentRanges,
  findAbsentRanges,
  findHalt,
  isHaltedAt,
} from './explain-absent-ranges.js';
import { loadBackfillPlan } from './plan-backfill.js';

export type { AbsentRange, BeforeAndAfter };

const DEFAULT_MINUTES = 120;
/** The minutes that every fallback exchange returns in one answer. */
const FALLBACK_MINUTES = 100;

export interface BackfillOptions extends JobOptions {
  /** The minutes to check and repair; without it the past `minutes`. */
  range?: MinuteRange | undefined;
  minutes?: number | undefined;
  /** Fetch the minutes that Binance does not have from the fallback exchanges. */
  fillGaps?: boolean | undefined;
  /** Also replace rows of a fallback exchange. */
  replaceFallback?: boolean | undefined;
  /** Rows whose numbers Binance confirms stay flagged. */
  keepFlagged?: boolean | undefined;
  /** Only plan. */
  dryRun?: boolean | undefined;
  /** Count the rows before and after in at most this many parts of the range. By default they are not counted. */
  coverageParts?: number | undefined;
}

/** The result of a backfill for one symbol. */
export interface BackfillSummary {
  /** The closed minutes of the requested range. */
  range: MinuteRange;
  /** The minutes to request from Binance. */
  planned: MinuteRange[];
  /** The number of minutes in `planned`. */
  plannedMinutes: number;
  /** The number of requests for them, each of at most 1,000 minutes. */
  requests: number;
  /** The weight of the requests in Binance's rate limit. */
  weight: number;
  /** New rows. */
  inserted: number;
  /** Rows whose numbers changed. */
  replaced: number;
  /** Suspect rows whose numbers Binance confirmed. */
  confirmed: number;
  /** Rows from a fallback exchange; with `fillGaps`. */
  fromFallback: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** The minutes of the range that Binance does not have. */
  absent: AbsentRange[];
  /** Minutes without a row that Binance may have. */
  stillMissing: number;
  /** Minutes without a row among the last five: Binance may not have published them yet. */
  late: number;
  /** Minutes of the range. */
  minutes: number;
  /** Rows of the range. */
  rows: number;
  /** Rows with every indicator. */
  complete: number;
  /** Rows that are valid for training. */
  valid: number;
  /** With `coverageParts`. */
  coverage?: BeforeAndAfter;
}

/** Fetches the missing and suspect minutes of a range from Binance, writes them, and rebuilds the indicators after them. */
export async function backfill(context: JobContext, options: BackfillOptions): Promise<JobResult<BackfillSummary>> {
  const { nowMs } = await readClock(context);
  const range = toClosedRange(options.range, options.minutes ?? DEFAULT_MINUTES, nowMs);
  return runJob(context, options, {
    command: 'backfill',
    arguments: { from: formatMinute(range.from), to: formatMinute(range.to), ...pickFlags(options) },
    readOnly: options.dryRun,
    work: (symbol, jobId) => {
      const work = () => backfillSymbol(context, options, { symbol, jobId, range, nowMs });
      const { coverageParts } = options;
      return coverageParts ? withCoverage(context.store.knex, { symbol, range, coverageParts }, work) : work();
    },
    finish: (outcomes, jobId) => explainAbsentRanges(context, outcomes, { jobId, nowMs }),
    isIncomplete: ({ stillMissing }) => !options.dryRun && stillMissing > 0,
    countsOf: ({ inserted, replaced, confirmed, fromFallback, rebuilt }) => ({
      inserted,
      replaced,
      confirmed,
      fromFallback,
      rebuilt,
    }),
  });
}

interface BackfillWork {
  symbol: string;
  jobId: number;
  range: MinuteRange;
  nowMs: number;
}

async function backfillSymbol(
  context: JobContext,
  options: BackfillOptions,
  work: BackfillWork,
): Promise<BackfillSummary> {
  const { symbol, jobId, range } = work;
  const plan = await loadBackfillPlan(context.store, options, work);
  const planned = {
    planned: plan.wanted,
    plannedMinutes: sumMinutes(plan.wanted),
    requests: plan.requests.length,
    weight: plan.requests.length * REQUEST_WEIGHT,
  };
  let written = NO_COUNTS;
  let filled = NO_COUNTS;
  if (!options.dryRun) {
    const base = {
      symbol,
      jobId,
      lockWaitMs: options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS,
      keepFlagged: options.keepFlagged ?? false,
    };
    written = await fetchAndWrite(context, plan, work.nowMs, {
      ...base,
      reason: 'backfill',
      sourceOf: () => 'BINANCE_BACKFILL',
      replaceFallback: options.replaceFallback ?? false,
    });
    if (options.fillGaps)
      filled = await fillFromFallback(context, work, {
        ...base,
        reason: 'backfill --fill-gaps',
        sourceOf: () => 'FALLBACK',
      });
  }
  const { inserted, replaced, confirmed } = written;
  const isUntouched = options.dryRun || (plan.requests.length === 0 && !options.fillGaps);
  return {
    range,
    ...planned,
    inserted,
    replaced,
    confirmed,
    fromFallback: filled.inserted + filled.replaced,
    rebuilt: written.rebuilt + filled.rebuilt,
    ...(await describeRange(context.store, work, isUntouched ? plan.summary : undefined)),
  };
}

/** Counts the rows of the range, the minutes that the exchange does not have, and those that are still missing. */
async function describeRange(
  { knex }: Store,
  { symbol, range, nowMs }: BackfillWork,
  known?: RangeSummary,
): Promise<Pick<BackfillSummary, 'absent' | 'stillMissing' | 'late' | 'minutes' | 'rows' | 'complete' | 'valid'>> {
  const { missing, rows, complete, valid } = known ?? (await summarizeRange(knex, symbol, range));
  const absent = await findAbsentRanges(knex, symbol, range);
  const unexplained = subtractRanges(missing, absent);
  const recent = { from: floorMinute(nowMs) - PUBLICATION_DELAY_MS, to: range.to };
  const late = sumMinutes(unexplained.map((gap) => intersect(gap, recent)));
  return {
    absent,
    stillMissing: sumMinutes(unexplained) - late,
    late,
    minutes: countMinutes(range),
    rows,
    complete,
    valid,
  };
}

/**
 * Fetches the known gaps of Binance within a range from the fallback exchanges; not those after which Binance trades the
 * symbol no more.
 */
async function fillFromFallback(
  context: JobContext,
  { symbol, range, nowMs }: BackfillWork,
  options: WriteOptions,
): Promise<WriteCounts> {
  const { store, onNotice } = context;
  const closedUntil = floorMinute(nowMs);
  const known = await findGapsIn(store.knex, symbol, range);
  const missing = await findMissing(store.knex, symbol, range);
  const parts = known.flatMap((gap) => missing.map((part) => intersect(part, gap))).filter(({ from, to }) => to > from);
  const newest = (await findNewestBinanceMinute(store.knex, symbol, nowMs)) ?? -Infinity;
  const halt = parts.some(({ from }) => from > newest) ? await findHalt(context, symbol, nowMs) : null;
  const halted = parts.filter(({ from }) => from > newest && isHaltedAt(halt, from));
  for (const part of halted) onNotice?.(`${symbol}: ${formatRange(part)} is not filled: ${formatHalt(halt!)}`);
  const wanted = subtractRanges(parts, halted).flatMap((part) => splitRange(part, FALLBACK_MINUTES));
  let counts = NO_COUNTS;
  for (const request of wanted) {
    try {
      const { exchange, candles } = await fetchCheckedFallback(context, { symbol, range: request, closedUntil });
      counts = addCounts(counts, await writeCandles(store, candles, options));
      onNotice?.(`${symbol}: took ${candles.length} of ${formatRange(request)} from ${exchange}`);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'NO_FALLBACK') throw error;
      onNotice?.(`${symbol}: ${formatRange(request)} stays missing: ${error.message}`);
    }
  }
  return counts;
}

/** The options that are stored in the job's record. */
function pickFlags({ fillGaps, replaceFallback, keepFlagged }: BackfillOptions): Record<string, boolean | undefined> {
  return { fillGaps, replaceFallback, keepFlagged };
}
