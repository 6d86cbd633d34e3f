import { Failure } from '../../core/failure.js';
import { formatHalt } from '../../core/halt.js';
import { floorMinute } from '../../core/minute.js';
import { formatRange, intersect, type MinuteRange, splitRange, subtractRanges } from '../../core/range.js';
import { toColumns } from '../../rows/candle-columns.js';
import { findGapsIn } from '../../tables/gaps.js';
import { findMissing } from '../../tables/rolling-chart-data/coverage.js';
import { findNewestBinanceMinute } from '../../tables/rolling-chart-data/row-ends.js';
import { fetchCheckedFallback } from '../fetch/fetch-checked-fallback.js';
import type { JobContext } from '../job.js';
import { addCounts, NO_COUNTS, type WriteCounts, type WriteOptions } from '../write/upsert-candles.js';
import { writeCandles } from '../write/write-candles.js';
import { findHalt, isHaltedAt } from './explain-absent-ranges.js';

/** The minutes that every fallback exchange returns in one answer. */
const FALLBACK_MINUTES = 100;

/**
 * Fetches the known gaps of Binance within a range from the fallback exchanges; not those after which Binance trades the
 * symbol no more.
 */
export async function fillFromFallback(
  context: JobContext,
  { symbol, range, nowMs }: { symbol: string; range: MinuteRange; nowMs: number },
  options: WriteOptions,
): Promise<WriteCounts> {
  const { store, onNotice } = context;
  const closedUntil = floorMinute(nowMs);
  const known = await findGapsIn(store.knex, symbol, range);
  const missing = await findMissing(store.knex, symbol, range);
  const parts = known.flatMap((gap) => missing.map((part) => intersect(part, gap))).filter(({ from, to }) => to > from);
  const newest = (await findNewestBinanceMinute(store.knex, symbol, nowMs)) ?? -Infinity;
  const halt = parts.some(({ from }) => from > newest) ? await findHalt(context, symbol, nowMs) : null;
  const halted = parts.filter(({ from }) => from > newest && isHaltedAt(halt, from));
  for (const part of halted) onNotice?.(`${symbol}: ${formatRange(part)} is not filled: ${formatHalt(halt!)}`);
  const wanted = subtractRanges(parts, halted).flatMap((part) => splitRange(part, FALLBACK_MINUTES));
  let counts = NO_COUNTS;
  for (const request of wanted) {
    try {
      const { exchange, candles } = await fetchCheckedFallback(context, { symbol, range: request, closedUntil });
      counts = addCounts(counts, await writeCandles(store, toColumns(candles), options));
      onNotice?.(`${symbol}: took ${candles.length} of ${formatRange(request)} from ${exchange}`);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'NO_FALLBACK') throw error;
      onNotice?.(`${symbol}: ${formatRange(request)} stays missing: ${error.message}`);
    }
  }
  return counts;
}
