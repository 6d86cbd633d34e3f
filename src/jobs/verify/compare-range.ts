import type { Candle } from '../../core/candle.js';
import { throwIfStopped } from '../../core/failure.js';
import { floorMinute, type Minute } from '../../core/minute.js';
import { countMinutes, mergeRanges, type MinuteRange, splitRange, toRanges } from '../../core/range.js';
import { inSnapshot } from '../../database/snapshot.js';
import { compareWithExchange, type Comparison } from '../../quality/compare-with-exchange.js';
import { isDifference } from '../../quality/row-classes.js';
import { markWrongMarket } from '../../quality/mark-wrong-market.js';
import { toCandles } from '../../rows/candle-columns.js';
import { findRows } from '../../tables/rolling-chart-data/read-rows.js';
import { fetchInOrder, PUBLICATION_DELAY_MS, REQUEST_MINUTES, requireNoThrottle } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** A range compared with the exchange's answers. Equal rows are kept as ranges only, since there are many of them. */
export interface ComparedRange {
  requests: number;
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
  /** The range without its newest minutes, which the exchange may still publish. */
  settled: MinuteRange;
  /** The answers that `isRepair` selected, ordered. */
  repairs: Candle[];
}

/**
 * Fetches a whole range from Binance, with concurrent requests, and compares every stored row with the answer.
 *
 * The rows are read after each answer, so that a row written in between does not appear to be missing.
 *
 * @param nowMs the exchange's clock
 * @param isRepair selects the answers to write, among equal ones, too
 */
export async function compareRange(
  context: JobContext,
  symbol: string,
  range: MinuteRange,
  nowMs: number,
  isRepair: (item: Comparison) => boolean,
): Promise<ComparedRange> {
  await requireNoThrottle(context);
  const { store, signal, onProgress } = context;
  const requests = splitRange(range, REQUEST_MINUTES);
  const settled = { from: range.from, to: Math.min(range.to, floorMinute(nowMs) - PUBLICATION_DELAY_MS) };
  const found = { same: [], filled: [], answered: [] } as Record<'same' | 'filled' | 'answered', MinuteRange[]>;
  const differing: Comparison[] = [];
  const repairs: Candle[] = [];
  const offMinutes: Minute[] = [];
  for await (const { request, candles: columns, offMinute } of fetchInOrder(context, symbol, requests)) {
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
    requests: requests.length,
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
