import type { Candle } from '../../core/candle.js';
import { throwIfStopped } from '../../core/failure.js';
import { floorMinute, type Minute } from '../../core/minute.js';
import { countMinutes, mergeRanges, type MinuteRange, toRanges } from '../../core/range.js';
import { inSnapshot } from '../../database/snapshot.js';
import { compareWithExchange, type Comparison } from '../../quality/compare-with-exchange.js';
import { isDifference } from '../../quality/row-classes.js';
import { markWrongMarket } from '../../quality/mark-wrong-market.js';
import { toCandles } from '../../rows/candle-columns.js';
import { findRows } from '../../tables/rolling-chart-data/read-rows.js';
import { type FetchedRange, PUBLICATION_DELAY_MS } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** A range compared with the exchange's answers. Equal rows are kept as ranges only, since there are many of them. */
export interface ComparedRange {
  /** Minutes with the same numbers as the exchange's, ordered. */
  same: MinuteRange[];
  /** Minutes from a fallback exchange that Binance does not have, ordered. */
  filled: MinuteRange[];
  /** All other minutes, ordered. */
  differing: Comparison[];
  /** The minutes that the exchange has, ordered. */
  answered: MinuteRange[];
  /** The minutes of which the exchange has candles off the minute, ordered. */
  offMinute: Minute[];
  /** The minutes of which the answers are final: without the newest ones, which the exchange may still publish. */
  settled: MinuteRange;
  /** The answers that `isRepair` selected, ordered. */
  repairs: Candle[];
}

/** What a range is compared with. */
interface CompareOptions {
  symbol: string;
  range: MinuteRange;
  /** The exchange's clock. */
  nowMs: number;
  /** Binance's candles, in the order of time. */
  answers: AsyncIterable<FetchedRange>;
  /** Whether Binance does not have the minutes that an answer lacks; the archive may lack some that Binance has. */
  isComplete: boolean;
  /** Selects the answers to write, among equal ones, too. */
  isRepair: (item: Comparison) => boolean;
}

/**
 * Compares every stored row of a range with Binance's answers.
 *
 * The rows are read after each answer, so that a row written in between does not appear to be missing.
 */
export async function compareRange(context: JobContext, options: CompareOptions): Promise<ComparedRange> {
  const { symbol, range, nowMs, answers, isComplete, isRepair } = options;
  const { store, signal, onProgress } = context;
  const end = isComplete ? Math.min(range.to, floorMinute(nowMs) - PUBLICATION_DELAY_MS) : range.from;
  const settled = { from: range.from, to: end };
  const found = { same: [], filled: [], answered: [] } as Record<'same' | 'filled' | 'answered', MinuteRange[]>;
  const differing: Comparison[] = [];
  const repairs: Candle[] = [];
  const offMinutes: Minute[] = [];
  for await (const { request, candles: columns, offMinute } of answers) {
    throwIfStopped(signal);
    const rows = await inSnapshot(store.knex, (trx) => findRows(trx, symbol, request));
    const compared = compareWithExchange(rows, toCandles(columns)).filter(
      (item) => item.exchange ?? item.openTime < settled.to,
    );
    found.same.push(...rangesOf(compared, 'same'));
    found.filled.push(...rangesOf(compared, 'filled'));
    found.answered.push(...toRanges(columns.openTime));
    offMinutes.push(...offMinute);
    for (const item of compared) {
      if (isDifference(item.class)) differing.push(item);
      if (item.exchange && isRepair(item)) repairs.push(item.exchange);
    }
    onProgress?.({
      symbol,
      done: countMinutes({ from: range.from, to: request.to }),
      total: countMinutes(range),
      unit: 'minutes',
    });
  }
  return {
    same: mergeRanges(found.same),
    filled: mergeRanges(found.filled),
    answered: mergeRanges(found.answered),
    differing: markWrongMarket(differing),
    offMinute: offMinutes,
    settled,
    repairs,
  };
}

function rangesOf(compared: readonly Comparison[], rowClass: Comparison['class']): MinuteRange[] {
  return toRanges(compared.filter((item) => item.class === rowClass).map((item) => item.openTime));
}
