import type { StoredCandle } from '../../core/candle.js';
import { DEFAULTS, LIMITS } from '../../core/limits.js';
import type { CandleSeries } from '../../rows/candle-series.js';
import type { Rule, VolumeOutliers } from './rule.js';

/** Rows whose volume is above mean + sigma standard deviations of all the symbol's volumes. */
export const volumeSpike: Rule<'sigma'> = {
  description: 'a volume above mean + sigma standard deviations of all volumes of the symbol',
  isDefault: true,
  needs: 'volumes',
  options: {
    sigma: {
      flag: '--sigma <number>',
      description: 'flag volumes above the mean by this many standard deviations',
      default: DEFAULTS.sigma,
      ...LIMITS.sigma,
      isWhole: false,
    },
  },
  evaluate: ({ volumes: { threshold, above } }, { sigma }) =>
    above.flatMap(({ openTime, volume }) => {
      if (threshold === null || !isVolumeSpike(volume, threshold)) return [];
      const reason = `volume ${volume} is above mean + ${sigma} sigma = ${threshold}`;
      return [{ openTime, value: volume, threshold, reason }];
    }),
};

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

/** The volume above which a minute is a spike, in base units: mean + sigma * stddev. */
export function volumeThreshold({ mean, stddev }: VolumeStatistics, sigma: number = DEFAULTS.sigma): number {
  return mean + sigma * stddev;
}

/**
 * Whether a volume is strictly above the threshold, so that rows of one and the same volume are no spikes.
 *
 * False for a missing or NaN volume: that candle is unsound, which is another rule.
 */
export function isVolumeSpike(volume: number | null, threshold: number): boolean {
  return volume !== null && volume > threshold;
}

/** Of a symbol's volumes over all its rows; `stddev` is that of a sample, as SQL's `stddev`. */
interface VolumeStatistics {
  mean: number;
  stddev: number;
}

/** Larger volumes are not counted: the sum of their squares could overflow. */
const MAX_VOLUME = 1e140;

/**
 * Mean and sample standard deviation of the volumes; NaN, negative numbers and those of 1e140 and more are left out.
 *
 * In two passes, the deviations summed around the mean of the first pass, both sums compensated: the error does
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

/** The sum of a term, never negative, for each counted volume; the rounding error of each addition is added at the end. */
function sumOf(volumes: Float64Array, termOf: (volume: number) => number): number {
  let total = 0;
  let roundingError = 0;
  for (let i = 0; i < volumes.length; i += 1) {
    if (!isCounted(volumes[i]!)) continue;
    const term = termOf(volumes[i]!);
    const next = total + term;
    roundingError += total >= term ? total - next + term : term - next + total;
    total = next;
  }
  return total + roundingError;
}
