import type { AskedAbout, KnownGap } from '../../core/known-gap.js';
import { MINUTE_MS, type Minute } from '../../core/minute.js';
import { countMinutes, intersect, subtractRanges, type MinuteRange } from '../../core/range.js';
import { pauseBeforeAsking } from '../../quality/ask-again.js';
import { explainGap } from '../../quality/gap-cause.js';
import { joinGaps } from '../../quality/join-gaps.js';
import { findNewestMinute } from '../../store/chart-rows.js';
import { countFlatBefore } from '../../store/flat-minutes.js';
import { findGapsIn, markSharedGaps, replaceGaps } from '../../store/gaps.js';
import type { Transaction } from '../../store/handles.js';
import { lockSymbol } from '../../store/locks.js';
import { inTransaction } from '../../store/in-transaction.js';
import { askExchange } from './ask-exchange.js';
import type { JobContext } from '../context.js';

export interface GapReport {
  symbol: string;
  jobId: number;
  /** The minutes that the exchange was asked for, ordered. */
  asked: readonly MinuteRange[];
  /** Those of them that it did not have, ordered. */
  absent: readonly MinuteRange[];
  /** The exchange's clock. */
  nowMs: number;
  lockWaitMs: number;
}

/**
 * Remembers what the exchange says it does not have, with its cause and when to ask again, and forgets what it has by
 * now. Gaps that adjoin become one; those that other symbols share become an outage there, too.
 */
export async function recordGaps(context: JobContext, report: GapReport): Promise<void> {
  const { symbol, asked, absent } = report;
  if (asked.length === 0) return;
  const { store } = context;
  const span = { from: asked[0]!.from, to: asked.at(-1)!.to };
  const first = absent.length > 0 ? await findOlderMinute(context, symbol, span) : null;
  await inTransaction(store, async (trx) => {
    await lockSymbol(trx, symbol, report.lockWaitMs);
    const known = await findGapsIn(trx, symbol, withNeighbours(span));
    const untouched = known.flatMap((gap) => subtractRanges([gap], asked).map((rest) => ({ ...gap, ...rest })));
    const found = absent.map((gap) => ({ ...gap, ...planNextQuestion(gap, known, report.nowMs) }));
    const gaps = joinGaps([...untouched, ...found]).map(async (gap) => {
      const isUntouched = sharingWith(gap, absent).length === 0;
      return isUntouched ? { ...sharingWith(gap, known)[0]!, ...gap } : explain(trx, symbol, gap, known, first);
    });
    await replaceGaps(trx, symbol, known, await Promise.all(gaps), report.jobId);
  });
  if (absent.length > 0) await inTransaction(store, (trx) => markSharedGaps(trx, symbol, span));
}

/** A minute that the symbol has before all its gaps of a range: in the table or, when there is none, at the exchange. */
async function findOlderMinute(context: JobContext, symbol: string, span: MinuteRange): Promise<Minute | null> {
  const { store, market, signal } = context;
  const [earliest] = await findGapsIn(store.knex, symbol, withNeighbours(span));
  const start = Math.min(span.from, earliest?.from ?? span.from);
  const inTable = await findNewestMinute(store.knex, symbol, start);
  return inTable ?? askExchange(context, () => market.findFirstMinute(symbol, span.to, { signal }));
}

/** With the gaps that end where the range begins, or begin where it ends. */
function withNeighbours({ from, to }: MinuteRange): MinuteRange {
  return { from: from - MINUTE_MS, to: to + MINUTE_MS };
}

/** Each fruitless question makes the pause before the next one longer. */
function planNextQuestion(gap: MinuteRange, known: readonly KnownGap[], nowMs: number): AskedAbout {
  const askedCount = Math.max(0, ...sharingWith(gap, known).map((part) => part.askedCount)) + 1;
  return { askedAt: nowMs, askAgainAt: nowMs + pauseBeforeAsking(askedCount), askedCount };
}

async function explain(
  trx: Transaction,
  symbol: string,
  gap: MinuteRange & AskedAbout,
  known: readonly KnownGap[],
  first: Minute | null,
): Promise<KnownGap> {
  const haltedMinutes = await countFlatBefore(trx, symbol, gap.from);
  const cause = explainGap({
    hasOlderCandle: first !== null && first < gap.from,
    haltedMinutes,
    formerCauses: sharingWith(gap, known).map((part) => part.cause),
  });
  return { ...gap, cause, haltedMinutes };
}

/** The ranges that have minutes in common with a gap. */
function sharingWith<R extends MinuteRange>(gap: MinuteRange, ranges: readonly R[]): R[] {
  return ranges.filter((range) => countMinutes(intersect(range, gap)) > 0);
}
