import { SortedWindow } from './sorted-window.js';

/**
 * The median of a value over the newest of a stream of places, where hardly anybody asks for it: the value is only
 * looked up, and put in order, when somebody does.
 *
 * Memory: four bytes for each place of the stream.
 */
export class LateMedian {
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
