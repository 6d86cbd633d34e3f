/**
 * The value in the middle of the ordered list, the mean of the two middle ones where their number is even.
 *
 * Null for an empty list. O(n log n).
 *
 * @example median([3, 1, 2]) // 2
 */
export function median(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null;
  const ordered = Float64Array.from(values).sort();
  const middle = Math.floor(ordered.length / 2);
  return ordered.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
}

/** The median distance from the median, a spread that a few wild values do not move; null for an empty list. */
export function medianDeviation(values: readonly number[]): number | null {
  const center = median(values);
  return center === null ? null : median(values.map((value) => Math.abs(value - center)));
}
