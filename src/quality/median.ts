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

/**
 * The newest values of a stream in order of size, so that their median is at hand after each one.
 *
 * Adding costs two searches and one move of what lies between the old value and the new; NaN must not be added.
 *
 * @example const window = new SortedWindow(3); [5, 1, 9, 2].forEach((x) => window.add(x)); window.median() // 2
 */
export class SortedWindow {
  readonly #sorted: Float64Array;
  readonly #arrived: Float64Array;
  #count = 0;
  #oldest = 0;

  constructor(capacity: number) {
    this.#sorted = new Float64Array(capacity);
    this.#arrived = new Float64Array(capacity);
  }

  /** How many values it holds. */
  get size(): number {
    return this.#count;
  }

  /** Takes a value in; the oldest one leaves when it is full. */
  add(value: number): void {
    const isFull = this.#count === this.#arrived.length;
    const gone = isFull ? this.#placeOf(this.#arrived[this.#oldest]!) : this.#count;
    const place = this.#placeOf(value);
    if (place > gone) {
      this.#sorted.copyWithin(gone, gone + 1, place);
      this.#sorted[place - 1] = value;
    } else {
      this.#sorted.copyWithin(place + 1, place, gone);
      this.#sorted[place] = value;
    }
    if (!isFull) this.#count += 1;
    this.#arrived[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % this.#arrived.length;
  }

  /** The value in the middle, the mean of the two middle ones where their number is even; NaN while it is empty. */
  median(): number {
    if (this.#count === 0) return NaN;
    const middle = this.#count >> 1;
    return this.#count % 2 === 1 ? this.#sorted[middle]! : (this.#sorted[middle - 1]! + this.#sorted[middle]!) / 2;
  }

  /** The median distance from the median; NaN while it is empty. It walks from the middle outwards: O(n). */
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

  /** The first place whose value is not smaller. */
  #placeOf(value: number): number {
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
 * The median of a value over the newest of a stream of places, where hardly anybody asks for it: the value is only
 * looked up, and put in order, when somebody does.
 *
 * Memory: four bytes for each place of the stream.
 */
export class LazyMedian {
  readonly #capacity: number;
  readonly #valueAt: (place: number) => number;
  readonly #window: SortedWindow;
  readonly #places: Int32Array;
  #count = 0;
  #ordered = 0;

  /** @param length how many places will come at most */
  constructor(capacity: number, length: number, valueAt: (place: number) => number) {
    this.#capacity = capacity;
    this.#valueAt = valueAt;
    this.#window = new SortedWindow(capacity);
    this.#places = new Int32Array(length);
  }

  add(place: number): void {
    this.#places[this.#count] = place;
    this.#count += 1;
  }

  /** As `SortedWindow` has it. */
  median(): number {
    const start = Math.max(this.#ordered, this.#count - this.#capacity);
    for (let i = start; i < this.#count; i += 1) this.#window.add(this.#valueAt(this.#places[i]!));
    this.#ordered = this.#count;
    return this.#window.median();
  }
}
