/** The difference that two correct clocks may have. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Epoch milliseconds that do not jump when the system clock is set. */
const monotonicNow = () => Math.floor(performance.timeOrigin + performance.now());

/**
 * Binance's clock as its responses tell it, from two sources: the `time` request, exact but rarely made, and the `date`
 * header of each response, which is cut to the second and was on its way: an estimate from it is late, never early.
 */
export class ServerClock {
  /** The local clock, epoch milliseconds. */
  readonly localNow: () => number;
  #offsetMs: number | undefined;
  #dateOffsetMs: number | undefined;

  constructor(localNow: () => number = monotonicNow) {
    this.localNow = localNow;
  }

  /** Sets the time that the `time` request returned. */
  set(nowMs: number): void {
    this.#offsetMs = nowMs - this.localNow();
  }

  /** Sets the time that a `date` header held. */
  setByDateHeader(dateMs: number): void {
    this.#dateOffsetMs = dateMs - this.localNow();
  }

  /** The time by the last `time` request; undefined before the first. */
  get nowMs(): number | undefined {
    return this.#offsetMs === undefined ? undefined : this.localNow() + this.#offsetMs;
  }

  /** The earliest time that a correct clock of an exchange can show; -Infinity before the first `time` request. */
  get earliestMs(): number {
    return (this.nowMs ?? -Infinity) - CLOCK_TOLERANCE_MS;
  }

  /** Whether a response had a `date` header yet. */
  get hasDate(): boolean {
    return this.#dateOffsetMs !== undefined;
  }

  /** The time by the last `date` header, late rather than early; the local clock before the first. */
  get nowByDateHeader(): number {
    return this.localNow() + (this.#dateOffsetMs ?? 0);
  }
}
