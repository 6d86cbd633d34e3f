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
