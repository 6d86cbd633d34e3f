import type { Candle } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { formatMinute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { findFault } from '../check-candles.js';
import { RequestError } from '../http/request-error.js';

/** The two assets of a symbol: BTC and USDT of BTCUSDT. */
export interface Pair {
  base: string;
  quote: string;
}

/** A candle in the exchange's own units. */
type FallbackCandle = Omit<Candle, 'volume'> & FallbackVolume;

/** How candles are requested from one exchange, and how its response is read. */
export interface FallbackExchange {
  /** Minutes per request at most. */
  pageMinutes: number;
  /** Path and query for the pair's one-minute candles of a page. */
  request(pair: Pair, page: MinuteRange, nowMs: number): string;
  /**
   * The candles of a response in any order. Candles outside the page and the open one may be among them; the caller
   * drops these.
   *
   * @throws RequestError for an error response, and for one of another shape
   */
  read(body: unknown, pair: Pair): FallbackCandle[];
}

/** A fallback exchange's volume of one minute, with prices to convert it; one of the two volumes is required. */
export interface FallbackVolume {
  /** Volume in units of the base asset, if the exchange gives it. */
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
 * Only the unit is converted. The volume is still the other exchange's, which can be a small part of Binance's.
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
 * Converts another exchange's candles: those of the range, in order, volume in base units.
 *
 * @throws RequestError (`invalid`) when one of them is off the minute, duplicate, or not sound
 */
export function toCandles(found: readonly FallbackCandle[], range: MinuteRange): Candle[] {
  const misaligned = found.find(({ openTime }) => !Number.isInteger(openTime) || openTime % MINUTE_MS !== 0);
  if (misaligned) {
    throw new RequestError('invalid', `an open time was ${misaligned.openTime}, expected the whole minute`);
  }
  const inside = found
    .filter(({ openTime }) => openTime >= range.from && openTime < range.to)
    .sort((a, b) => a.openTime - b.openTime);
  return inside.map((entry, i) => {
    const { openTime, open, high, low, close } = entry;
    const candle = { openTime, open, high, low, close, volume: normalizeFallbackVolume(entry) };
    const fault = inside[i - 1]?.openTime === openTime ? 'it appears twice' : findFault(candle);
    if (fault) throw new RequestError('invalid', `the candle of ${formatMinute(openTime)} is invalid: ${fault}`);
    return candle;
  });
}
