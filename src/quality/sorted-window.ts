/**
 * The newest values of a stream in order of size, so that their median is at hand after each one.
 *
 * Adding costs a search and a move of at most `capacity` numbers; NaN must not be added.
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
    if (this.#count === this.#arrived.length) this.#drop(this.#arrived[this.#oldest]!);
    const place = this.#placeOf(value);
    this.#sorted.copyWithin(place + 1, place, this.#count);
    this.#sorted[place] = value;
    this.#count += 1;
    this.#arrived[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % this.#arrived.length;
  }

  /** The value in the middle, the mean of the two middle ones where their number is even; NaN while it is empty. */
  median(): number {
    if (this.#count === 0) return NaN;
    const middle = this.#count >> 1;
    return this.#count % 2 === 1 ? this.#sorted[middle]! : (this.#sorted[middle - 1]! + this.#sorted[middle]!) / 2;
  }

  /** The median distance from the median; NaN while it is empty. O(n log n). */
  medianDeviation(): number {
    if (this.#count === 0) return NaN;
    const center = this.median();
    const distances = this.#sorted.slice(0, this.#count).map((value) => Math.abs(value - center));
    distances.sort();
    const middle = distances.length >> 1;
    return distances.length % 2 === 1 ? distances[middle]! : (distances[middle - 1]! + distances[middle]!) / 2;
  }

  #drop(value: number): void {
    const place = this.#placeOf(value);
    this.#sorted.copyWithin(place, place + 1, this.#count);
    this.#count -= 1;
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
