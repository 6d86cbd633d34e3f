import { isSound } from '../core/candle.js';
import { MINUTE_MS } from '../core/minute.js';
import { intersect, countMinutes, subtractRanges, type MinuteRange } from '../core/range.js';
import { pauseBeforeAsking } from '../quality/ask-again.js';
import { explainGap } from '../quality/gap-cause.js';
import { findNewestMinute, findRows } from '../store/chart-rows.js';
import { findGapsIn, findSymbolsMissing, replaceGaps, type KnownGap } from '../store/gaps.js';
import type { Transaction } from '../store/handles.js';
import { lockSymbol } from '../store/locks.js';
import { inTransaction, type Store } from '../store/store.js';

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
 * Remembers what the exchange says it does not have, with its cause and when to ask again, and forgets what it has by now.
 *
 * @returns the gaps that were found absent now
 */
export function recordGaps(store: Store, report: GapReport): Promise<KnownGap[]> {
  const { symbol, asked, jobId } = report;
  if (asked.length === 0) return Promise.resolve([]);
  return inTransaction(store, async (trx) => {
    await lockSymbol(trx, symbol, report.lockWaitMs);
    const span = { from: asked[0]!.from, to: asked.at(-1)!.to };
    const known = await findGapsIn(trx, symbol, span);
    const untouched = known.flatMap((gap) => subtractRanges([gap], asked).map((rest) => ({ ...gap, ...rest })));
    const found = await Promise.all(report.absent.map((gap) => toKnownGap(trx, report, gap, known)));
    await replaceGaps(trx, symbol, known, [...untouched, ...found], jobId);
    return found;
  });
}

async function toKnownGap(
  trx: Transaction,
  report: GapReport,
  gap: MinuteRange,
  known: readonly KnownGap[],
): Promise<KnownGap> {
  const { symbol, nowMs } = report;
  const askedBefore = known.filter((other) => countMinutes(intersect(other, gap)) > 0).map((other) => other.askedCount);
  const askedCount = Math.max(0, ...askedBefore) + 1;
  const [before] = await findRows(trx, symbol, { from: gap.from - MINUTE_MS, to: gap.from });
  const cause = explainGap({
    hasOlderCandle: (await findNewestMinute(trx, symbol, gap.from)) !== null,
    before: before && isSound(before) ? before : undefined,
    otherSymbolsMissing: (await findSymbolsMissing(trx, symbol, gap)).length,
  });
  return { ...gap, cause, askedAt: nowMs, askAgainAt: nowMs + pauseBeforeAsking(askedCount), askedCount };
}
