import type { Candle } from '../../core/candle.js';
import type { FallbackName } from '../../core/config.js';
import type { MinuteRange } from '../../core/range.js';
import type { FallbackVolume } from '../normalize-fallback-volume.js';
import type { Pair } from '../split-symbol.js';

/** A candle in another exchange's units. */
export type FallbackCandle = Omit<Candle, 'volume'> & FallbackVolume;

/** How one exchange is asked for candles, and how its answer is read. */
export interface FallbackExchange {
  name: FallbackName;
  /** Minutes that one request can bring. */
  pageMinutes: number;
  /** Path and query for the pair's one-minute candles of a page. */
  request(pair: Pair, page: MinuteRange, nowMs: number): string;
  /**
   * The candles of an answer in any order; more than were asked for do no harm, and the open one is sorted out later.
   *
   * @throws RequestProblem when the exchange says no, or when the answer makes no sense
   */
  read(body: unknown, pair: Pair): FallbackCandle[];
}
