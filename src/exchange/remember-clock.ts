import type { Market } from './market.js';

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
