/** Of a symbol's volumes over all its rows, NaN and negative ones left out; `stddev` is the sample's, as SQL's `stddev`. */
export interface VolumeStatistics {
  mean: number;
  stddev: number;
}

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
