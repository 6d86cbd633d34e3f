import type { Candle } from '../../core/candle.js';
import { floorMinute, formatMinute, type Minute } from '../../core/minute.js';
import { type MinuteRange, splitRange, sumMinutes } from '../../core/range.js';
import { type ComparedStretch, type Comparison, describeStretches } from '../../quality/compare-with-exchange.js';
import { ROW_CLASS_NAMES, type RowClass } from '../../quality/row-classes.js';
import { untilExpected } from '../../quality/window.js';
import type { ChartRow } from '../../rows/chart-row.js';
import { findNewestMinute } from '../../tables/rolling-chart-data/row-ends.js';
import {
  type FetchedRange,
  fetchInOrder,
  REQUEST_MINUTES,
  REQUEST_WEIGHT,
  requireNoThrottle,
} from '../fetch/binance-requests.js';
import { SharedOutage } from '../fetch/shared-outage.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult } from '../job.js';
import { readClock, toClosedRange } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { NO_COUNTS, type WriteCounts } from '../write/upsert-candles.js';
import { planArchiveAnswers } from './archive-answers.js';
import { type ComparedRange, compareRange } from './compare-range.js';
import { flagDifferences } from './flag-differences.js';
import { repairDifferences, selectRepairs } from './repair-differences.js';

const DEFAULT_MINUTES = 24 * 60;

export interface VerifyOptions extends JobOptions {
  /** The minutes to compare; without it the past `minutes`. */
  range?: MinuteRange | undefined;
  minutes?: number | undefined;
  /** What to compare with: Binance's API, or its public archive, which has the days up to two days ago. */
  via?: 'api' | 'archive' | undefined;
  /** Flag the stored rows that differ; the rule is the class of the difference. */
  flag?: boolean | undefined;
  /** Add missing rows and replace invalid rows. */
  repair?: boolean | undefined;
  /** With `repair`: also replace valid rows of Binance whose numbers differ. */
  revised?: boolean | undefined;
  /** With `repair`: also replace valid rows of the fallback exchanges. */
  replaceFallback?: boolean | undefined;
}

/** A minute whose stored row differs from the exchange. */
interface DifferingMinute {
  minute: Minute;
  class: RowClass;
  stored: Omit<ChartRow, 'openTime' | 'indicators'> | null;
  exchange: Omit<Candle, 'openTime'> | null;
}

export interface VerifySummary {
  range: MinuteRange;
  /** Minutes that the table or Binance has. */
  compared: number;
  requests: number;
  weight: number;
  /** With `via: 'archive'`: the days compared, and those whose file is the one that their rows came from. */
  archive: { days: number; unchanged: number } | null;
  counts: Record<RowClass, number>;
  /** New flags. */
  flagged: number;
  replaced: number;
  inserted: number;
  /** Rows whose numbers Binance confirmed. */
  confirmed: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** Minutes that still differ after the job. */
  remaining: number;
  /** Minutes of the class `same`. */
  same: MinuteRange[];
  /** Minutes of the class `filled`. */
  filled: MinuteRange[];
  /** All other minutes, as ranges with statistics. */
  stretches: ComparedStretch[];
  /** All other minutes, one by one. */
  rows: DifferingMinute[];
}

/** Compares a stored range with Binance and reports every row that differs. Changes rows only with `flag` or `repair`. */
export async function verify(context: JobContext, options: VerifyOptions): Promise<JobResult<VerifySummary>> {
  const { nowMs } = await readClock(context);
  const range = toClosedRange(options.range, options.minutes ?? DEFAULT_MINUTES, nowMs);
  const { flag, repair, revised, replaceFallback, via } = options;
  const outage = new SharedOutage();
  return runJob(context, options, {
    command: 'verify',
    arguments: {
      from: formatMinute(range.from),
      to: formatMinute(range.to),
      flag,
      repair,
      revised,
      replaceFallback,
      via,
    },
    readOnly: !flag && !repair,
    retired: 'named',
    work: (symbol, jobId) => outage.watch(() => verifySymbol(context, options, { symbol, jobId, range, nowMs })),
    countsOf: ({ counts, flagged, replaced, inserted, confirmed, rebuilt }) => ({
      ...counts,
      flagged,
      replaced,
      inserted,
      confirmed,
      rebuilt,
    }),
  });
}

interface VerifyWork {
  symbol: string;
  jobId: number;
  range: MinuteRange;
  nowMs: number;
}

async function verifySymbol(context: JobContext, options: VerifyOptions, work: VerifyWork): Promise<VerifySummary> {
  const { symbol, jobId, nowMs } = work;
  const newest = await findNewestMinute(context.store.knex, symbol, floorMinute(nowMs));
  const range = untilExpected(work.range, nowMs, newest);
  const lockWaitMs = options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS;
  const policy = { replaceValid: options.revised ?? false, replaceFallback: options.replaceFallback ?? false };
  const isRepair = options.repair ? await selectRepairs(context.store, symbol, policy) : () => false;
  const { answers, requests, archive } = await openAnswers(context, options.via ?? 'api', { ...work, range });
  const isComplete = archive === null;
  const found = await compareRange(context, { symbol, range, nowMs, answers, isComplete, isRepair });

  const flagged = options.flag ? await flagDifferences(context, found.differing, { symbol, jobId, lockWaitMs }) : 0;
  const written = options.repair
    ? await repairDifferences(context, found, nowMs, {
        symbol,
        jobId,
        lockWaitMs,
        ...policy,
        reason: options.revised ? 'verify --repair --revised' : 'verify --repair',
        sourceOf: () => 'BINANCE_BACKFILL',
      })
    : NO_COUNTS;
  const asked = { requests, weight: requests * REQUEST_WEIGHT, archive };
  return { range, flagged, ...pickWritten(written), ...asked, ...summarize(found, written) };
}

/** Binance's candles of the range, from its API or its archive. */
async function openAnswers(
  context: JobContext,
  via: NonNullable<VerifyOptions['via']>,
  { symbol, range, nowMs }: VerifyWork,
): Promise<Pick<VerifySummary, 'requests' | 'archive'> & { answers: AsyncIterable<FetchedRange> }> {
  if (via === 'archive') {
    const { answers, days, unchanged } = await planArchiveAnswers(context, { symbol, range, nowMs });
    return { answers, requests: 0, archive: { days, unchanged } };
  }
  await requireNoThrottle(context);
  const requests = splitRange(range, REQUEST_MINUTES);
  return { answers: fetchInOrder(context, symbol, requests), requests: requests.length, archive: null };
}

function pickWritten({ replaced, inserted, confirmed, rebuilt }: WriteCounts) {
  return { replaced, inserted, confirmed, rebuilt };
}

function summarize(found: ComparedRange, { replaced, inserted }: WriteCounts) {
  const { same, filled, differing } = found;
  const counts = Object.fromEntries(ROW_CLASS_NAMES.map((name) => [name, 0])) as Record<RowClass, number>;
  for (const item of differing) counts[item.class] += 1;
  counts.same = sumMinutes(same);
  counts.filled = sumMinutes(filled);
  return {
    compared: counts.same + counts.filled + differing.length,
    counts,
    remaining: differing.length - replaced - inserted,
    same,
    filled,
    stretches: describeStretches(differing),
    rows: differing.map(toDifferingMinute),
  };
}

function toDifferingMinute({ openTime, stored, exchange, class: rowClass }: Comparison): DifferingMinute {
  return {
    minute: openTime,
    class: rowClass,
    stored: stored ? toStored(stored) : null,
    exchange: exchange ? toNumbers(exchange) : null,
  };
}

function toNumbers({ open, high, low, close, volume }: Candle): DifferingMinute['exchange'] {
  return { open, high, low, close, volume };
}

function toStored(row: ChartRow): DifferingMinute['stored'] {
  const { open, high, low, close, volume, source, hasMissingData, isComplete, writtenAt } = row;
  return { open, high, low, close, volume, source, hasMissingData, isComplete, writtenAt };
}
