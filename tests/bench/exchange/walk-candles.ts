import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS, type Minute } from '../../../src/core/minute.js';
import { createRandom } from '../../indicators/series.js';

/** Standard deviation of a quiet minute's log return. */
const QUIET = 0.0004;
const CENT = 100;
const LOT = 1e5;

/**
 * Consecutive candles of a random walk that looks like a busy pair: prices with 2 decimals, volumes with 5, calm and
 * wild hours, now and then a spike of volume. The same every time.
 *
 * One pass and one state: much faster than the replay's candles, which can be asked for in any order.
 */
export function walkCandles(from: Minute, count: number): Candle[] {
  const dice = createRandom(20_250_601);
  const gauss = () => dice() + dice() + dice() + dice() + dice() + dice() - 3; // standard deviation 0.7
  const candles = new Array<Candle>(count);
  let close = 60_000;
  let wildness = 0;
  for (let i = 0; i < count; i += 1) {
    wildness = 0.995 * wildness + 0.1 * gauss();
    const sigma = QUIET * Math.exp(wildness);
    const open = close;
    // a pull to the middle keeps a year of it within a realistic range
    close = round(open * Math.exp(sigma * gauss() + 2e-6 * Math.log(60_000 / open)), CENT);
    const high = round(Math.max(open, close) * (1 + sigma * dice()), CENT);
    const low = round(Math.min(open, close) * (1 - sigma * dice()), CENT);
    const volume = round(8 * Math.exp(0.9 * wildness + gauss()), LOT);
    candles[i] = { openTime: from + i * MINUTE_MS, open, high, low, close, volume };
  }
  return candles;
}

/** Rounded to the fraction `1 / parts`, without binary residue. */
function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
