import type { Candle } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { formatRange, type MinuteRange } from '../../core/range.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { FallbackCandles } from '../../exchange/market.js';
import { findVenueProblem, selectReference, toReferenceRange } from '../../quality/find-venue-problem.js';
import { findReferenceCandles } from '../../tables/rolling-chart-data/reference-candles.js';
import type { JobContext } from '../job.js';

interface FallbackRequest {
  symbol: string;
  range: MinuteRange;
  /** Stored rows from this minute on are not compared: they may be later than the exchange's clock. */
  closedUntil: Minute;
  deadlineMs?: number;
  /** Candles of Binance's that are not stored yet. */
  fetched?: readonly Candle[];
}

/**
 * Fetches a range from the first fallback exchange whose candles agree with Binance's candles around it, stored ones and
 * those just fetched. A notice names the exchanges that do not.
 *
 * @throws Failure `NO_FALLBACK` that names each exchange's reason, also when there is no candle of Binance's to compare
 */
export async function fetchCheckedFallback(
  { store, market, signal, onNotice }: JobContext,
  { symbol, range, closedUntil, deadlineMs, fetched = [] }: FallbackRequest,
): Promise<FallbackCandles> {
  const around = toReferenceRange(range);
  const ranges = {
    before: { from: around.from, to: range.from },
    after: { from: range.to, to: Math.max(range.to, Math.min(around.to, closedUntil)) },
  };
  const stored = await inSnapshot(store.knex, (trx) => findReferenceCandles(trx, symbol, ranges));
  const isFetched = new Set(fetched.map(({ openTime }) => openTime));
  const candles = [...stored.filter(({ openTime }) => !isFetched.has(openTime)), ...fetched];
  const [first, ...others] = selectReference(candles, range);
  if (!first) throw noReferenceFailure(symbol, range);
  const compared = { from: first.openTime, to: (others.at(-1) ?? first).openTime + MINUTE_MS };
  const findProblem = (answer: readonly Candle[]) => findVenueProblem([first, ...others], answer, range);
  const found = await market.fetchFallback(symbol, range, { signal, deadlineMs, check: { compared, findProblem } });
  for (const reason of found.distrusted) onNotice?.(`${symbol}: ${reason}`);
  return found;
}

function noReferenceFailure(symbol: string, range: MinuteRange): Failure {
  return new Failure(
    'failed',
    `no fallback exchange is asked: ${symbol} has no candle of Binance's within 12 h of ${formatRange(range)} to compare with`,
    { code: 'NO_FALLBACK', hint: `chartctl backfill ${symbol} fetches candles of Binance's` },
  );
}
