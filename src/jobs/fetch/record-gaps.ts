import { type GapRetry, type KnownGap, OFF_MINUTE_CAUSE } from '../../core/known-gap.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, intersect, type MinuteRange, subtractRanges, toRanges } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { lockSymbol } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
import { explainGap, joinGaps, retryDelayMs } from '../../quality/gaps.js';
import { findGapsIn, markExchangeOutages, replaceGaps } from '../../tables/gaps.js';
import { countFlatMinutes } from '../../tables/rolling-chart-data/coverage.js';
import { findNewestMinute } from '../../tables/rolling-chart-data/row-ends.js';
import type { JobContext } from '../job.js';
import { callBinance } from './binance-requests.js';

/** The requested minutes of a symbol, and those of them that the exchange does not have. */
interface GapReport {
  symbol: string;
  jobId: number;
  /** Ordered. */
  requested: readonly MinuteRange[];
  /** The requested minutes that the exchange does not have, ordered. */
  absent: readonly MinuteRange[];
  /** The absent minutes of which the exchange has candles off the minute, ordered. */
  offMinute: readonly Minute[];
  /** The exchange's clock. */
  nowMs: number;
  lockWaitMs: number;
  /** The minutes are absent in Binance's archive, and its API is not asked. */
  isArchiveOnly?: boolean;
}

/**
 * Stores the minutes that the exchange does not have as gaps, with their cause and the time of the next request, and
 * removes the gaps that it has filled. Adjacent gaps are joined; a gap that other symbols share becomes an outage of
 * all of them.
 */
export async function recordGaps(context: JobContext, report: GapReport): Promise<void> {
  const { symbol, requested, absent } = report;
  if (requested.length === 0) return;
  const { store } = context;
  const span = { from: requested[0]!.from, to: requested.at(-1)!.to };
  const isArchiveOnly = report.isArchiveOnly ?? false;
  const first = absent.length > 0 && !isArchiveOnly ? await findOlderMinute(context, symbol, span) : null;
  await inTransaction(store, async (trx) => {
    await lockSymbol(trx, symbol, report.lockWaitMs);
    const known = await findGapsIn(trx, symbol, withAdjacentMinutes(span));
    const untouched = known.flatMap((gap) =>
      subtractRanges([gap], requested).map((rest) => ({
        ...gap,
        ...rest,
        isOffMinute: gap.cause === OFF_MINUTE_CAUSE,
      })),
    );
    const found = divideByKind(absent, report.offMinute).map((gap) => ({
      ...gap,
      ...planNextRequest(gap, known, report.nowMs),
    }));
    const gaps = joinGaps([...untouched, ...found]).map(async (gap) => {
      const isUntouched = findOverlapping(gap, absent).length === 0;
      if (isUntouched) return { ...findOverlapping(gap, known)[0]!, ...gap };
      return toKnownGap(trx, symbol, gap, known, isArchiveOnly ? 'archive only' : first);
    });
    await replaceGaps(trx, symbol, known, await Promise.all(gaps), report.jobId);
  });
  if (absent.length > 0) await inTransaction(store, (trx) => markExchangeOutages(trx, symbol, span));
}

/** A minute of the symbol before all gaps of the range: in the table, or else at the exchange. */
async function findOlderMinute(context: JobContext, symbol: string, span: MinuteRange): Promise<Minute | null> {
  const { store, market, signal } = context;
  const [earliest] = await findGapsIn(store.knex, symbol, withAdjacentMinutes(span));
  const start = Math.min(span.from, earliest?.from ?? span.from);
  const inTable = await findNewestMinute(store.knex, symbol, start);
  return inTable ?? callBinance(context, () => market.findFirstMinute(symbol, span.to, { signal }));
}

/** The absent ranges, with those minutes apart of which the exchange has candles off the minute. */
function divideByKind(
  absent: readonly MinuteRange[],
  offMinute: readonly Minute[],
): (MinuteRange & { isOffMinute: boolean })[] {
  const off = toRanges(offMinute);
  const without = subtractRanges(absent, off);
  return [
    ...without.map((range) => ({ ...range, isOffMinute: false })),
    ...subtractRanges(absent, without).map((range) => ({ ...range, isOffMinute: true })),
  ];
}

/** Extends a range so that it also overlaps the gaps that end where it begins, or begin where it ends. */
function withAdjacentMinutes({ from, to }: MinuteRange): MinuteRange {
  return { from: from - MINUTE_MS, to: to + MINUTE_MS };
}

/** Each request that returns none of these minutes makes the delay before the next one longer. */
function planNextRequest(gap: MinuteRange, known: readonly KnownGap[], nowMs: number): GapRetry {
  const askedCount = Math.max(0, ...findOverlapping(gap, known).map((part) => part.askedCount)) + 1;
  return { askedAt: nowMs, askAgainAt: nowMs + retryDelayMs(askedCount), askedCount };
}

async function toKnownGap(
  trx: Transaction,
  symbol: string,
  { isOffMinute = false, ...gap }: MinuteRange & GapRetry & { isOffMinute?: boolean },
  known: readonly KnownGap[],
  first: Minute | null | 'archive only',
): Promise<KnownGap> {
  const haltedMinutes = isOffMinute ? 0 : await countFlatMinutes(trx, symbol, gap.from);
  const cause = explainGap({
    isOffMinute,
    isArchiveOnly: first === 'archive only',
    hasOlderCandle: typeof first === 'number' && first < gap.from,
    haltedMinutes,
    previousCauses: findOverlapping(gap, known).map((part) => part.cause),
  });
  return { ...gap, cause, haltedMinutes };
}

function findOverlapping<R extends MinuteRange>(gap: MinuteRange, ranges: readonly R[]): R[] {
  return ranges.filter((range) => countMinutes(intersect(range, gap)) > 0);
}
