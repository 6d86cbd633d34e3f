import type { Candle } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { formatMinute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { findFault } from '../check-candles.js';
import type { FallbackName } from '../exchange-config.js';
import { RequestError } from '../http/request-error.js';

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

/** What a fallback exchange says of one minute; at least one of the two volumes is needed. */
export interface FallbackVolume {
  /** Volume in units of the base asset, where the exchange gives it. */
  baseVolume?: number | undefined;
  /** Volume in units of the quote asset ("turnover"). */
  quoteVolume?: number | undefined;
  /** Volume-weighted mean price of the minute. */
  vwap?: number | undefined;
  /** Highest price of the minute. */
  high: number;
  /** Lowest price. */
  low: number;
  /** Last price. */
  close: number;
}

/**
 * A fallback exchange's volume in units of the base asset, the unit of the column `volume`.
 *
 * - The exchange gives base volume: that.
 * - It gives quote volume only: `quoteVolume / price`, where price is the volume-weighted mean of the minute when
 *   the exchange gives one that lies between low and high (then the result is exact), else the typical price
 *   `(high + low + close) / 3`; the error is then at most that of the typical price, `(high - low) / low`.
 * - No trade is no volume: 0 stays 0 whatever the prices.
 *
 * Only the unit is made equal. Another exchange's volume is still that exchange's: it can be a small part of Binance's.
 *
 * @returns units of the base asset
 * @throws Failure when neither volume is given, or when a quote volume cannot be divided by a price above 0
 * @example normalizeFallbackVolume({ quoteVolume: 600, high: 110, low: 90, close: 100 }) // 6
 */
export function normalizeFallbackVolume(volume: FallbackVolume): number {
  const { baseVolume, quoteVolume } = volume;
  if (baseVolume !== undefined) return baseVolume;
  if (quoteVolume === undefined) throw new Failure('failed', 'neither base nor quote volume was given');
  if (quoteVolume === 0) return 0;
  const price = meanPrice(volume);
  if (price > 0) return quoteVolume / price;
  throw new Failure(
    'failed',
    `a quote volume of ${quoteVolume} was given with the price ${price}, expected more than 0`,
  );
}

function meanPrice({ vwap, high, low, close }: FallbackVolume): number {
  if (vwap !== undefined && low <= vwap && vwap <= high) return vwap;
  return (high + low + close) / 3;
}

/**
 * Another exchange's candles as ours: those of the range, in order, volume in base units.
 *
 * @throws RequestProblem (`nonsense`) when one of them is off the minute, there twice, or not sound
 */
export function toCandles(found: readonly FallbackCandle[], range: MinuteRange): Candle[] {
  const odd = found.find(({ openTime }) => !Number.isInteger(openTime) || openTime % MINUTE_MS !== 0);
  if (odd) throw new RequestError('nonsense', `an open time was ${odd.openTime}, expected the whole minute`);
  const inside = found
    .filter(({ openTime }) => openTime >= range.from && openTime < range.to)
    .sort((a, b) => a.openTime - b.openTime);
  return inside.map((entry, i) => {
    const { openTime, open, high, low, close } = entry;
    const candle = { openTime, open, high, low, close, volume: normalizeFallbackVolume(entry) };
    const fault = inside[i - 1]?.openTime === openTime ? 'it was there twice' : findFault(candle);
    if (fault) throw new RequestError('nonsense', `the candle of ${formatMinute(openTime)} makes no sense: ${fault}`);
    return candle;
  });
}

/** The two assets of a symbol: BTC and USDT of BTCUSDT. */
export interface Pair {
  base: string;
  quote: string;
}
