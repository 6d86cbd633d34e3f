import type { Candle } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import { median } from './median.js';

/** One market's candles compared with a reference's, over the minutes that both have. */
export interface VenueComparison {
  /** Minutes that both have. */
  minutes: number;
  /** Median of the closes' signed differences, positive where the market is more expensive; in basis points (1/10,000). */
  offsetBp: number;
  /** Median of the closes' absolute differences, in basis points. */
  medianBp: number;
  /** The greatest of these differences, in basis points. */
  maxBp: number;
  /**
   * Median, over the minutes, of the market's volume divided by the reference's. Null where the reference has no
   * volume.
   */
  volumeRatio: number | null;
}

const BASIS_POINTS = 10_000;

/** Compares a market with a reference; null when they have no minute in common. */
export function compareVenues(reference: readonly Candle[], market: readonly Candle[]): VenueComparison | null {
  const references = new Map<Minute, Candle>(reference.map((candle) => [candle.openTime, candle]));
  const pairs = market.flatMap((candle) => {
    const other = references.get(candle.openTime);
    return other ? [{ candle, other }] : [];
  });
  const differences = pairs.map(({ candle, other }) => (candle.close / other.close - 1) * BASIS_POINTS);
  const distances = differences.map(Math.abs);
  const offsetBp = median(differences);
  const medianBp = median(distances);
  if (offsetBp === null || medianBp === null) return null;
  const traded = pairs.filter(({ other }) => other.volume > 0);
  return {
    minutes: pairs.length,
    offsetBp,
    medianBp,
    maxBp: Math.max(...distances),
    volumeRatio: median(traded.map(({ candle, other }) => candle.volume / other.volume)),
  };
}
