import { Failure } from '../../core/failure.js';
import { formatRange, intersect, splitRange, type MinuteRange } from '../../core/range.js';
import { findMissing } from '../../store/coverage.js';
import { findGapsIn } from '../../store/gaps.js';
import type { JobContext } from '../context.js';
import { writeCandles } from '../write/write-candles.js';
import { addCounts, NO_COUNTS, type WriteCounts } from '../write/write-counts.js';
import type { WriteOptions } from '../write/write-stretches.js';

/** The fewest minutes that every fallback exchange gives in one answer. */
const FALLBACK_MINUTES = 100;

/** Takes the minutes of a range that Binance says it does not have from the fallback exchanges. */
export async function fillFromFallback(
  context: JobContext,
  range: MinuteRange,
  options: WriteOptions,
): Promise<WriteCounts> {
  const { store, market, signal, onNotice } = context;
  const { symbol } = options;
  const known = await findGapsIn(store.knex, symbol, range);
  const missing = await findMissing(store.knex, symbol, range);
  const wanted = known
    .flatMap((gap) => missing.map((hole) => intersect(hole, gap)))
    .flatMap((hole) => splitRange(hole, FALLBACK_MINUTES));
  let counts = NO_COUNTS;
  for (const hole of wanted) {
    try {
      const { exchange, candles } = await market.fetchFallback(symbol, hole, { signal });
      counts = addCounts(counts, await writeCandles(store, candles, options));
      onNotice?.(`${symbol}: took ${candles.length} of ${formatRange(hole)} from ${exchange}`);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'NO_FALLBACK') throw error;
      onNotice?.(`${symbol}: ${formatRange(hole)} stays missing: ${error.message}`);
    }
  }
  return counts;
}
