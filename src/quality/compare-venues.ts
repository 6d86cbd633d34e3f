import type { Candle } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import { median } from './median.js';

/** How one market's candles lie against a reference's, on the minutes that both have. */
export interface VenueComparison {
  minutes: number;
  /** Median of the closes' signed differences: what the market is dearer by, in basis points (1/10,000). */
  offsetBp: number;
  /** Median and maximum of the closes' absolute differences, in basis points. */
  medianBp: number;
  maxBp: number;
  /** The market's volume over these minutes for each unit of the reference's; null where the reference has none. */
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
  const volume = (side: 'candle' | 'other') => pairs.reduce((sum, pair) => sum + pair[side].volume, 0);
  const referenceVolume = volume('other');
  return {
    minutes: pairs.length,
    offsetBp,
    medianBp,
    maxBp: Math.max(...distances),
    volumeRatio: referenceVolume > 0 ? volume('candle') / referenceVolume : null,
  };
}
