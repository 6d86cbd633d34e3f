import type { StoredCandle } from '../../core/candle.js';
import type { CandleSeries } from '../../rows/candle-series.js';
import type { VolumeOutliers } from './rule.js';

/** Of a symbol's volumes over all its rows; `stddev` is the sample's, as SQL's `stddev`. */
export interface VolumeStatistics {
  mean: number;
  stddev: number;
}

/** From here on a volume is absurd, and its square is beyond what a double can hold in a sum. */
const MAX_VOLUME = 1e140;

/**
 * Mean and sample standard deviation of what is a volume at all; NaN, negative and absurd ones are left out.
 *
 * In two passes, the deviations summed around the mean that is known by then, both sums compensated: the error does
 * not grow with the number of rows. Null for fewer than two volumes. Units: those of the volumes.
 *
 * Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974.
 *
 * @example measureVolumes([1, 2, 3, NaN]) // { mean: 2, stddev: 1 }
 */
export function measureVolumes(volumes: Float64Array): VolumeStatistics | null {
  let count = 0;
  for (let i = 0; i < volumes.length; i += 1) if (isCounted(volumes[i]!)) count += 1;
  if (count < 2) return null;
  const mean = sumOf(volumes, (volume) => volume) / count;
  const squares = sumOf(volumes, (volume) => (volume - mean) * (volume - mean));
  return { mean, stddev: Math.sqrt(squares / (count - 1)) };
}

function isCounted(volume: number): boolean {
  return volume >= 0 && volume < MAX_VOLUME;
}

/** The sum of what is made of the counted volumes, none of it negative; what each addition rounds off is added in the end. */
function sumOf(volumes: Float64Array, termOf: (volume: number) => number): number {
  let total = 0;
  let roundedOff = 0;
  for (let i = 0; i < volumes.length; i += 1) {
    if (!isCounted(volumes[i]!)) continue;
    const term = termOf(volumes[i]!);
    const next = total + term;
    roundedOff += total >= term ? total - next + term : term - next + total;
    total = next;
  }
  return total + roundedOff;
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

/** Measures the volumes of all rows, and finds those above the threshold; ordered by time. */
export function findVolumeOutliers(
  series: CandleSeries,
  unsound: readonly StoredCandle[],
  sigma: number,
): VolumeOutliers {
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
