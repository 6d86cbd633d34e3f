import { Failure, throwIfStopped } from '../../core/failure.js';
import { type Halt, REMOVED_STATE } from '../../core/halt.js';
import type { GapReason, KnownGap } from '../../core/known-gap.js';
import { floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, intersect, type MinuteRange } from '../../core/range.js';
import type { Db } from '../../database/store.js';
import { explainUnknownGap, findGapsIn, findUnexplainedGaps } from '../../tables/gaps.js';
import { findNewestBinanceMinute } from '../../tables/rolling-chart-data/row-ends.js';
import { callBinance } from '../fetch/binance-requests.js';
import type { JobContext, SymbolOutcome } from '../job.js';

/** Minutes that the exchange does not have, and why. */
export interface AbsentRange extends MinuteRange, GapReason {}

/** The known gaps of a symbol within a range. */
export async function findAbsentRanges(db: Db, symbol: string, range: MinuteRange): Promise<AbsentRange[]> {
  return toAbsentRanges(await findGapsIn(db, symbol, range), range);
}

/** The parts of known gaps within a range. */
export function toAbsentRanges(known: readonly KnownGap[], range: MinuteRange): AbsentRange[] {
  return known
    .map((gap) => ({ ...intersect(gap, range), cause: gap.cause, haltedMinutes: gap.haltedMinutes }))
    .filter((gap) => countMinutes(gap) > 0);
}

interface Summary {
  range: MinuteRange;
  absent: AbsentRange[];
}

/**
 * Reads the gaps of each outcome again after all symbols are processed: only then it is known that several symbols have
 * the same gap, which is an outage.
 */
export async function explainAbsentRanges<S extends Summary>(
  context: JobContext,
  outcomes: readonly SymbolOutcome<S>[],
  job: { jobId: number; nowMs: number },
): Promise<SymbolOutcome<S>[]> {
  const explained: SymbolOutcome<S>[] = [];
  for (const outcome of outcomes) explained.push(await explainOutcome(context, outcome, job));
  return explained;
}

async function explainOutcome<S extends Summary>(
  context: JobContext,
  outcome: SymbolOutcome<S>,
  job: { jobId: number; nowMs: number },
): Promise<SymbolOutcome<S>> {
  const { symbol, summary } = outcome;
  if (!summary || summary.absent.length === 0) return outcome;
  await explainTrailingGaps(context, { symbol, ...job });
  const absent = await findAbsentRanges(context.store.knex, symbol, summary.range);
  return { ...outcome, summary: { ...summary, absent } };
}

/**
 * Asks Binance whether a symbol is still traded if the table has no candle of Binance after a gap without a known cause.
 * Fallback rows after it do not show that Binance has gone on. The request is not sent otherwise because it weighs ten
 * times as much as one for candles.
 *
 * @param job the job that recorded the gap, and the exchange's clock at its start
 */
async function explainTrailingGaps(
  context: JobContext,
  { symbol, jobId, nowMs }: { symbol: string; jobId: number; nowMs: number },
): Promise<void> {
  const { knex } = context.store;
  const newest = await findNewestBinanceMinute(knex, symbol, nowMs);
  const gaps = await findUnexplainedGaps(knex, symbol, jobId, newest ?? 0);
  if (gaps.length === 0) return;
  const halt = await findHalt(context, symbol, nowMs);
  for (const gap of gaps) {
    if (isHaltedAt(halt, gap.from)) await explainUnknownGap(knex, symbol, { ...gap, cause: 'halted' });
  }
}

/** Whether Binance has no candle of a minute because it does not trade the symbol any more. */
export function isHaltedAt(halt: Halt | null, minute: Minute): boolean {
  return halt !== null && minute >= (halt.since ?? 0);
}

/**
 * Whether and since when Binance does not trade a symbol; null if it does, or if a request failed: then the cause of a
 * gap stays unknown and the job continues.
 */
export async function findHalt(context: JobContext, symbol: string, nowMs: number): Promise<Halt | null> {
  const { market, signal, onNotice } = context;
  try {
    const state = await callBinance(context, () => market.getSymbolStatus(symbol, { signal }));
    if (state === 'TRADING') return null;
    const last = await callBinance(context, () => market.findLastMinute(symbol, floorMinute(nowMs), { signal }));
    return { state, since: last === null ? null : last + MINUTE_MS };
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'UNKNOWN_SYMBOL') return { state: REMOVED_STATE, since: null };
    onNotice?.(`${symbol}: the reason for missing newer candles is unknown: ${error.message}`);
    return null;
  }
}
