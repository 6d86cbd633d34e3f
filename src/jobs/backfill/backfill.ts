import { Failure } from '../../core/failure.js';
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
import { type BeforeAndAfter, withCoverage } from '../coverage-parts.js';
import { PUBLICATION_DELAY_MS, REQUEST_WEIGHT } from '../fetch/binance-requests.js';
import { fetchAndWrite } from '../fetch/fetch-and-write.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult } from '../job.js';
import { readClock, toClosedRange } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { addCounts, NO_COUNTS, type WriteCounts, type WriteOptions } from '../write/upsert-candles.js';
import { writeCandles } from '../write/write-candles.js';
import { type AbsentRange, explainAbsentRanges, findAbsentRanges } from './explain-absent-ranges.js';
import { loadBackfillPlan } from './plan-backfill.js';

/** The fewest minutes that every fallback exchange gives in one answer. */
const FALLBACK_MINUTES = 100;

/** Takes the minutes of a range that Binance says it does not have from the fallback exchanges. */
export async function fillFromFallback(
  context: JobContext,
  range: MinuteRange,
  options: WriteOptions,
): Promise<WriteCounts> {
  const { store, market, signal, onNotice } = context;
  const { symbol } = options;
  const known = await findGapsIn(store.knex, symbol, range);
  const missing = await findMissing(store.knex, symbol, range);
  const wanted = known
    .flatMap((gap) => missing.map((hole) => intersect(hole, gap)))
    .flatMap((hole) => splitRange(hole, FALLBACK_MINUTES));
  let counts = NO_COUNTS;
  for (const hole of wanted) {
    try {
      const { exchange, candles } = await market.fetchFallback(symbol, hole, { signal });
      counts = addCounts(counts, await writeCandles(store, candles, options));
      onNotice?.(`${symbol}: took ${candles.length} of ${formatRange(hole)} from ${exchange}`);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'NO_FALLBACK') throw error;
      onNotice?.(`${symbol}: ${formatRange(hole)} stays missing: ${error.message}`);
    }
  }
  return counts;
}

export type { AbsentRange, BeforeAndAfter };

const DEFAULT_MINUTES = 120;

export interface BackfillOptions extends JobOptions {
  /** The minutes to make right; without it the past `minutes`. */
  range?: MinuteRange | undefined;
  minutes?: number | undefined;
  /** Take what Binance does not have from the fallback exchanges. */
  fillGaps?: boolean | undefined;
  /** Also replace rows that a fallback exchange gave. */
  replaceFallback?: boolean | undefined;
  /** Rows whose numbers Binance confirms stay flagged. */
  keepFlagged?: boolean | undefined;
  /** Only plan. */
  dryRun?: boolean | undefined;
  /** Count what is there before and after in this many parts of the range at most; not counted if not given. */
  coverageParts?: number | undefined;
}

/** What a backfill did for one symbol. */
export interface BackfillSummary {
  /** The closed minutes that it was about. */
  range: MinuteRange;
  /** What Binance had to be asked for. */
  planned: MinuteRange[];
  /** How many minutes these are. */
  plannedMinutes: number;
  /** Requests for them, each of at most 1,000 minutes. */
  requests: number;
  /** What Binance charges for the requests. */
  weight: number;
  /** Rows that were not there. */
  inserted: number;
  /** Rows whose numbers were others. */
  replaced: number;
  /** Suspect rows whose numbers Binance confirmed. */
  confirmed: number;
  /** Rows that a fallback exchange gave; with `fillGaps`. */
  fromFallback: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** What Binance does not have within the range. */
  absent: AbsentRange[];
  /** Minutes without a row that Binance has, as far as anybody knows. */
  stillMissing: number;
  /** Minutes of the last five without a row: Binance was asked and may yet publish them. */
  late: number;
  /** The range as it is now. */
  minutes: number;
  /** Rows of the range. */
  rows: number;
  /** Rows with all 13 indicators. */
  complete: number;
  /** Rows that a training may use. */
  valid: number;
  /** With `coverageParts`. */
  coverage?: BeforeAndAfter;
}

/** Makes a range right: asks Binance for the missing and the suspect minutes, writes them, rebuilds what follows. */
export async function backfill(context: JobContext, options: BackfillOptions): Promise<JobResult<BackfillSummary>> {
  const { nowMs } = await readClock(context);
  const range = toClosedRange(options.range, options.minutes ?? DEFAULT_MINUTES, nowMs);
  return runJob(context, options, {
    command: 'backfill',
    arguments: { from: formatMinute(range.from), to: formatMinute(range.to), ...pickFlags(options) },
    isQuestion: options.dryRun,
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

/** One symbol's share of a backfill. */
export interface BackfillWork {
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
      filled = await fillFromFallback(context, range, {
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

/** The range as it stands: what is there, what the exchange does not have, what is still missing. */
async function describeRange(
  { knex }: Store,
  { symbol, range, nowMs }: BackfillWork,
  known?: RangeSummary,
): Promise<Pick<BackfillSummary, 'absent' | 'stillMissing' | 'late' | 'minutes' | 'rows' | 'complete' | 'valid'>> {
  const { missing, rows, complete, valid } = known ?? (await summarizeRange(knex, symbol, range));
  const absent = await findAbsentRanges(knex, symbol, range);
  const unexplained = subtractRanges(missing, absent);
  const recent = { from: floorMinute(nowMs) - PUBLICATION_DELAY_MS, to: range.to };
  const late = sumMinutes(unexplained.map((hole) => intersect(hole, recent)));
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

/** The options that say what a job did, as they go into its record. */
function pickFlags({ fillGaps, replaceFallback, keepFlagged }: BackfillOptions): Record<string, boolean | undefined> {
  return { fillGaps, replaceFallback, keepFlagged };
}
