import { Failure, throwIfStopped } from '../../core/failure.js';
import type { GapReason } from '../../core/known-gap.js';
import { floorMinute } from '../../core/minute.js';
import { intersect, type MinuteRange } from '../../core/range.js';
import type { Db } from '../../database/store.js';
import { explainUnknownGap, findGapsIn, findUnexplainedGaps } from '../../tables/gaps.js';
import { findNewestMinute } from '../../tables/rolling-chart-data/read-rows.js';
import { callBinance, PUBLICATION_DELAY_MS } from '../fetch/binance-requests.js';
import type { JobContext, SymbolOutcome } from '../job.js';
import { mapConcurrently } from '../run-job.js';

/**
 * Asks Binance whether a symbol is still traded that has no candle up to now, when nothing else explains it: the question
 * weighs ten times as much as one for candles.
 *
 * @param job the job that recorded the gap, and the exchange's clock when it began
 */
export async function explainTrailingGap(
  context: JobContext,
  { symbol, jobId, nowMs }: { symbol: string; jobId: number; nowMs: number },
): Promise<void> {
  const { knex } = context.store;
  const [gap] = await findUnexplainedGaps(knex, symbol, jobId, floorMinute(nowMs) - PUBLICATION_DELAY_MS);
  if (!gap) return;
  const newest = await findNewestMinute(knex, symbol, nowMs);
  if (newest !== null && newest >= gap.from) return;
  const status = await askStatus(context, symbol);
  if (status !== 'TRADING' && status !== null) await explainUnknownGap(knex, symbol, { ...gap, cause: 'halted' });
}

/** The symbol's status; null when Binance does not say: the cause then stays unknown, and the job is none the worse. */
async function askStatus(context: JobContext, symbol: string): Promise<string | null> {
  const { market, signal, onNotice } = context;
  try {
    return await callBinance(context, () => market.getSymbolStatus(symbol, { signal }));
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'UNKNOWN_SYMBOL') return 'DELISTED';
    onNotice?.(`${symbol}: why it has no newer candles stays unknown: ${error.message}`);
    return null;
  }
}

/** A stretch that the exchange does not have. */
export interface AbsentRange extends MinuteRange, GapReason {}

/** What the exchange does not have of a symbol within a range. */
export async function findAbsentRanges(db: Db, symbol: string, range: MinuteRange): Promise<AbsentRange[]> {
  const known = await findGapsIn(db, symbol, range);
  return known.map((gap) => ({ ...intersect(gap, range), cause: gap.cause, haltedMinutes: gap.haltedMinutes }));
}

interface Summary {
  range: MinuteRange;
  absent: AbsentRange[];
}

/** The outcomes with the causes that are known when all symbols are through: what several of them miss is an outage. */
export function explainAbsentRanges<S extends Summary>(
  context: JobContext,
  outcomes: readonly SymbolOutcome<S>[],
  job: { jobId: number; nowMs: number },
): Promise<SymbolOutcome<S>[]> {
  return mapConcurrently(outcomes, 1, async (outcome) => {
    const { symbol, summary } = outcome;
    if (!summary || summary.absent.length === 0) return outcome;
    await explainTrailingGap(context, { symbol, ...job });
    const absent = await findAbsentRanges(context.store.knex, symbol, summary.range);
    return { ...outcome, summary: { ...summary, absent } };
  });
}
