/** Two honest clocks differ by less. */
const SLACK_MS = 60_000;

/** The earliest that it can be at the exchanges, once Binance told the time: their clocks do not run back. */
export class KnownTime {
  #said: { nowMs: number; at: number } | undefined;

  /** What Binance's clock says now. */
  learn(nowMs: number): void {
    this.#said = { nowMs, at: performance.now() };
  }

  /** Epoch milliseconds; before Binance told the time, the beginning of time. */
  get earliestMs(): number {
    return this.#said ? this.#said.nowMs + performance.now() - this.#said.at - SLACK_MS : -Infinity;
  }
}
