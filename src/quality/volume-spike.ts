import type { CandleSeries } from '../core/candle-series.js';
import type { StoredCandle } from '../core/candle.js';
import { measureVolumes, type VolumeStatistics } from './volume-statistics.js';

/** Standard deviations above the mean from which a volume counts as a spike. */
export const DEFAULT_SIGMA = 3;

/** The volume above which a minute is a spike, in base units: mean + sigma * stddev. */
export function volumeThreshold({ mean, stddev }: VolumeStatistics, sigma = DEFAULT_SIGMA): number {
  return mean + sigma * stddev;
}

/**
 * Whether a volume lies above the threshold: strictly, so that rows of one and the same volume are no spikes.
 *
 * False for a missing or NaN volume: that candle is unsound, which is another rule.
 */
export function isVolumeSpike(volume: number | null, threshold: number): boolean {
  return volume !== null && volume > threshold;
}

/** The volume from which a row is a spike, null where there are too few volumes to say; and the rows above it. */
export interface JudgedVolumes {
  threshold: number | null;
  above: readonly Pick<StoredCandle, 'openTime' | 'volume'>[];
}

/** Measures the volumes of all rows, and finds those above the threshold; ordered by time. */
export function judgeVolumes(series: CandleSeries, unsound: readonly StoredCandle[], sigma: number): JudgedVolumes {
  const statistics = measureVolumes(joinVolumes(series, unsound));
  if (!statistics) return { threshold: null, above: [] };
  const threshold = volumeThreshold(statistics, sigma);
  const above: Pick<StoredCandle, 'openTime' | 'volume'>[] = unsound.filter(
    ({ volume }) => isVolumeSpike(volume, threshold) && volume !== Infinity,
  );
  for (let i = 0; i < series.length; i += 1) {
    const volume = series.volume[i]!;
    if (isVolumeSpike(volume, threshold)) above.push({ openTime: series.openTime[i]!, volume });
  }
  return { threshold, above: above.sort((a, b) => a.openTime - b.openTime) };
}

function joinVolumes({ length, volume }: CandleSeries, unsound: readonly StoredCandle[]): Float64Array {
  if (unsound.length === 0) return volume;
  const joined = new Float64Array(length + unsound.length);
  joined.set(volume);
  for (const [i, candle] of unsound.entries()) joined[length + i] = candle.volume ?? NaN;
  return joined;
}
