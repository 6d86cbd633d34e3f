import { Failure } from '../core/failure.js';

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
