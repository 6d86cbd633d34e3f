import { Failure } from '../../core/failure.js';
import { floorMinute, formatMinute } from '../../core/minute.js';
import { countMinutes, intersect, type MinuteRange, subtractRanges, sumMinutes } from '../../core/range.js';
import type { Store } from '../../database/store.js';
import type { Via } from '../../exchange/archive/archive-config.js';
import { countComplete, summarizeRange } from '../../tables/rolling-chart-data/coverage.js';
import { renewStatistics } from '../../tables/rolling-chart-data/statistics.js';
import { estimateSeconds } from '../archive/plan-archive.js';
import { type BeforeAndAfter, withCoverage } from '../coverage-parts.js';
import { PUBLICATION_DELAY_MS, REQUEST_WEIGHT } from '../fetch/binance-requests.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult } from '../job.js';
import { readClock, toClosedRange } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { NO_COUNTS } from '../write/upsert-candles.js';
import { type AbsentRange, explainAbsentRanges, findAbsentRanges, toAbsentRanges } from './explain-absent-ranges.js';
import { type ArchiveSummary, describePlan, dividePlan } from './divide-plan.js';
import { fetchWanted } from './fetch-wanted.js';
import { fillFromFallback } from './fill-from-fallback.js';
import { findWholeRange } from './find-whole-range.js';
import { type LoadedPlan, loadBackfillPlan } from './plan-backfill.js';

export type { AbsentRange, BeforeAndAfter };

const DEFAULT_MINUTES = 120;

export interface BackfillOptions extends JobOptions {
  /** The minutes to check and repair; without it the past `minutes`. */
  range?: MinuteRange | undefined;
  minutes?: number | undefined;
  /** With `range`: begin with the first candle that Binance has of each symbol. */
  fromListing?: boolean | undefined;
  /** Where candles are taken from: Binance's API, its public archive, or `auto`: the archive for much that is old. */
  via?: Via | undefined;
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
  /** What was taken from Binance's public archive; with `dryRun`, what would be. */
  archive: ArchiveSummary;
  /** With `dryRun`: how long it takes, roughly. */
  seconds?: number;
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
    arguments: {
      from: options.fromListing ? 'listing' : formatMinute(range.from),
      to: formatMinute(range.to),
      ...pickFlags(options),
    },
    readOnly: options.dryRun,
    work: async (symbol, jobId) => {
      const { coverageParts, fromListing } = options;
      const whole = fromListing ? await findWholeRange(context, symbol, range) : range;
      const work = () => backfillSymbol(context, options, { symbol, jobId, range: whole, nowMs });
      return coverageParts ? withCoverage(context.store.knex, { symbol, range: whole, coverageParts }, work) : work();
    },
    finish: (outcomes, jobId) => explainAbsentRanges(context, outcomes, { jobId, nowMs }),
    problemOf: ({ stillMissing }) => (options.dryRun || stillMissing === 0 ? undefined : toMissing(stillMissing)),
    countsOf: ({ inserted, replaced, confirmed, fromFallback, rebuilt }) => ({
      inserted,
      replaced,
      confirmed,
      fromFallback,
      rebuilt,
    }),
  });
}

function toMissing(minutes: number): Failure {
  const what = minutes === 1 ? '1 minute that Binance may have is' : `${minutes} minutes that Binance may have are`;
  return new Failure('incomplete', `${what} still missing`, {
    code: 'MINUTES_MISSING',
    hint: 'run the backfill again',
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
  const { symbol, jobId, range, nowMs } = work;
  const { via = 'auto', dryRun = false } = options;
  const plan = await loadBackfillPlan(context.store, options, work);
  const { wanted } = plan;
  const divided = await dividePlan(context, { symbol, wanted, nowMs, via });
  const base = {
    symbol,
    jobId,
    lockWaitMs: options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS,
    keepFlagged: options.keepFlagged ?? false,
  };
  const fetched = dryRun
    ? { ...describePlan(divided), counts: NO_COUNTS }
    : await fetchWanted(
        context,
        divided,
        { wanted, nowMs, via },
        {
          ...base,
          reason: 'backfill',
          sourceOf: () => 'BINANCE_BACKFILL',
          replaceFallback: options.replaceFallback ?? false,
        },
      );
  const filled =
    options.fillGaps && !dryRun
      ? await fillFromFallback(context, work, { ...base, reason: 'backfill --fill-gaps', sourceOf: () => 'FALLBACK' })
      : NO_COUNTS;
  const { counts, requests, archive } = fetched;
  const { inserted, replaced, confirmed } = counts;
  const isUntouched = dryRun || (wanted.length === 0 && !options.fillGaps);
  if (!isUntouched) await renewStatistics(context.store.knex);
  return {
    range,
    planned: wanted,
    plannedMinutes: sumMinutes(wanted),
    requests,
    weight: requests * REQUEST_WEIGHT,
    archive,
    ...(dryRun && { seconds: estimateSeconds(sumMinutes(wanted), requests) }),
    inserted,
    replaced,
    confirmed,
    fromFallback: filled.inserted + filled.replaced,
    rebuilt: counts.rebuilt + filled.rebuilt,
    ...(await describeRange(context.store, work, isUntouched ? plan : undefined)),
  };
}

/**
 * Counts the rows of the range, the minutes that the exchange does not have, and those that are still missing.
 *
 * @param plan the state that was read for the plan, if nothing has changed it
 */
async function describeRange(
  { knex }: Store,
  { symbol, range, nowMs }: BackfillWork,
  plan?: LoadedPlan,
): Promise<Pick<BackfillSummary, 'absent' | 'stillMissing' | 'late' | 'minutes' | 'rows' | 'complete' | 'valid'>> {
  const { missing, rows, valid } = plan?.summary ?? (await summarizeRange(knex, symbol, range));
  const absent = plan ? toAbsentRanges(plan.known, range) : await findAbsentRanges(knex, symbol, range);
  const unexplained = subtractRanges(missing, absent);
  const recent = { from: floorMinute(nowMs) - PUBLICATION_DELAY_MS, to: range.to };
  const late = sumMinutes(unexplained.map((gap) => intersect(gap, recent)));
  return {
    absent,
    stillMissing: sumMinutes(unexplained) - late,
    late,
    minutes: countMinutes(range),
    rows,
    complete: rows === valid ? rows : await countComplete(knex, symbol, range), // a valid row is complete
    valid,
  };
}

/** The options that are stored in the job's record. */
function pickFlags({ fillGaps, replaceFallback, keepFlagged, via }: BackfillOptions) {
  return { fillGaps, replaceFallback, keepFlagged, via };
}
