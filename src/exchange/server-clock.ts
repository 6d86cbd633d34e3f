import type { Market } from './market.js';

/** Two honest clocks differ by less. */
const CLOCK_TOLERANCE_MS = 60_000;

/** The earliest that it can be at the exchanges, once Binance told the time: their clocks do not run back. */
export class ServerClock {
  #said: { nowMs: number; at: number } | undefined;

  /** What Binance's clock says now. */
  set(nowMs: number): void {
    this.#said = { nowMs, at: performance.now() };
  }

  /** Epoch milliseconds; before Binance told the time, the beginning of time. */
  get earliestMs(): number {
    return this.#said ? this.#said.nowMs + performance.now() - this.#said.at - CLOCK_TOLERANCE_MS : -Infinity;
  }
}

/** A market whose clock can be read again without asking. */
export interface ClockedMarket {
  market: Market;
  /** The exchange's clock now, going on from what it said last; undefined when nobody asked. Epoch milliseconds. */
  now: () => number | undefined;
}

/** Remembers what the exchange's clock said while others ask for it. */
export function rememberClock(market: Market): ClockedMarket {
  let said: { nowMs: number; at: number } | undefined;
  const readClock: Market['readClock'] = async (signal) => {
    const clock = await market.readClock(signal);
    said = { nowMs: clock.nowMs, at: performance.now() };
    return clock;
  };
  return {
    market: { ...market, readClock },
    now: () => said && said.nowMs + performance.now() - said.at,
  };
}
