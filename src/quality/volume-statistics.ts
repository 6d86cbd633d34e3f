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
  const counted = volumes.filter((volume) => volume >= 0 && volume < ABSURD);
  const count = counted.length;
  if (count < 2) return null;
  const mean = sum(counted, 0, 1) / count;
  return { mean, stddev: Math.sqrt(sum(counted, mean, 2) / (count - 1)) };
}

/** The sum of the distances from a center, or of their squares, with what each addition rounds off added in the end. */
function sum(values: Float64Array, center: number, power: 1 | 2): number {
  let total = 0;
  let roundedOff = 0;
  for (let i = 0; i < values.length; i += 1) {
    const distance = values[i]! - center;
    const value = power === 1 ? distance : distance * distance;
    const next = total + value;
    roundedOff += total >= value ? total - next + value : value - next + total;
    total = next;
  }
  return total + roundedOff;
}
