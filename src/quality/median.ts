/**
 * The middle value of the ordered list; the mean of the two middle ones for an even number of values.
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

/** The median distance from the median, a measure of spread that outliers do not move; null for an empty list. */
export function medianDeviation(values: readonly number[]): number | null {
  const center = median(values);
  return center === null ? null : median(values.map((value) => Math.abs(value - center)));
}

/**
 * The newest values of a stream, kept in order, so that their median is known after each one.
 *
 * Adding costs two binary searches and one move of the values between the old one and the new; NaN must not be added.
 *
 * @example const window = new SortedWindow(3); [5, 1, 9, 2].forEach((x) => window.add(x)); window.median() // 2
 */
export class SortedWindow {
  readonly #sorted: Float64Array;
  readonly #ring: Float64Array;
  #count = 0;
  #oldest = 0;

  constructor(capacity: number) {
    this.#sorted = new Float64Array(capacity);
    this.#ring = new Float64Array(capacity);
  }

  /** The number of values held. */
  get size(): number {
    return this.#count;
  }

  /** Adds a value; a full window drops its oldest one. */
  add(value: number): void {
    const isFull = this.#count === this.#ring.length;
    const removed = isFull ? this.#indexOf(this.#ring[this.#oldest]!) : this.#count;
    const index = this.#indexOf(value);
    if (index > removed) {
      this.#sorted.copyWithin(removed, removed + 1, index);
      this.#sorted[index - 1] = value;
    } else {
      this.#sorted.copyWithin(index + 1, index, removed);
      this.#sorted[index] = value;
    }
    if (!isFull) this.#count += 1;
    this.#ring[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % this.#ring.length;
  }

  /** As `median`, but NaN while it is empty. */
  median(): number {
    if (this.#count === 0) return NaN;
    const middle = this.#count >> 1;
    return this.#count % 2 === 1 ? this.#sorted[middle]! : (this.#sorted[middle - 1]! + this.#sorted[middle]!) / 2;
  }

  /** The median distance from the median; NaN while it is empty. Merges outwards from the middle: O(n). */
  medianDeviation(): number {
    if (this.#count === 0) return NaN;
    const center = this.median();
    const last = this.#count >> 1;
    let [below, above] = [last - 1, last];
    let [distance, before] = [NaN, NaN];
    for (let rank = 0; rank <= last; rank += 1) {
      const down = below >= 0 ? Math.abs(this.#sorted[below]! - center) : Infinity;
      const up = above < this.#count ? Math.abs(this.#sorted[above]! - center) : Infinity;
      before = distance;
      distance = Math.min(down, up);
      if (down <= up) below -= 1;
      else above += 1;
    }
    return this.#count % 2 === 1 ? distance : (before + distance) / 2;
  }

  /** The first index whose value is not smaller. */
  #indexOf(value: number): number {
    let [from, to] = [0, this.#count];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#sorted[middle]! < value) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/**
 * The median of a value over the newest indices of a stream, for callers that rarely read it: values are looked up and
 * sorted only when the median is read.
 *
 * Memory: four bytes for each index of the stream.
 */
export class LazyMedian {
  readonly #capacity: number;
  readonly #valueAt: (index: number) => number;
  readonly #window: SortedWindow;
  readonly #indices: Int32Array;
  #count = 0;
  #ordered = 0;

  /** @param length the greatest number of indices that can be added */
  constructor(capacity: number, length: number, valueAt: (index: number) => number) {
    this.#capacity = capacity;
    this.#valueAt = valueAt;
    this.#window = new SortedWindow(capacity);
    this.#indices = new Int32Array(length);
  }

  add(index: number): void {
    this.#indices[this.#count] = index;
    this.#count += 1;
  }

  /** As in `SortedWindow`. */
  median(): number {
    const start = Math.max(this.#ordered, this.#count - this.#capacity);
    for (let i = start; i < this.#count; i += 1) this.#window.add(this.#valueAt(this.#indices[i]!));
    this.#ordered = this.#count;
    return this.#window.median();
  }
}
