/** Of a symbol's volumes over all its rows; `stddev` is the sample's, as SQL's `stddev`. */
export interface VolumeStatistics {
  mean: number;
  stddev: number;
}

/** From here on a volume is absurd, and its square is beyond what a double can hold in a sum. */
const ABSURD = 1e140;

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
  return volume >= 0 && volume < ABSURD;
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
