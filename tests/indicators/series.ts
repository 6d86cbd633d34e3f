import { MINUTE_MS } from '../../src/core/minute.js';
import type { Candle } from '../../src/core/candle.js';

/** A seeded generator of numbers in [0, 1) (Park and Miller). */
export function createRandom(seed: number): () => number {
  let state = seed;
  const roll = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  for (let i = 0; i < 10; i += 1) roll(); // the first numbers of small seeds are small
  return roll;
}

/** Consecutive candles of a random walk with jumps and unchanged stretches, some longer than the warm-up. */
export function generateCandles(length: number, seed: number, price = 100): Candle[] {
  const random = createRandom(seed);
  const candles: Candle[] = [];
  let close = price;
  let still = 0;
  for (let i = 0; i < length; i += 1) {
    if (still === 0 && random() < 0.004) still = Math.floor(random() ** 4 * 900);
    const open = close;
    if (still > 0) still -= 1;
    else close *= Math.exp((random() - 0.5) * (random() < 0.005 ? 0.2 : 0.002));
    const wick = still > 0 ? 0 : random() * 0.001;
    const high = Math.max(open, close) * (1 + wick);
    const low = Math.min(open, close) * (1 - wick);
    candles.push({ openTime: i * MINUTE_MS, open, high, low, close, volume: still > 0 ? 0 : random() * 10 });
  }
  return candles;
}
