import type { Candle } from '../../../src/core/candle.js';
import type { Minute } from '../../../src/core/minute.js';
import { createRandom } from '../../indicators/series.js';

/** A candle with all four prices multiplied. */
export function movePrices(candle: Candle, factor: number): Candle {
  const { openTime, open, high, low, close, volume } = candle;
  return {
    openTime,
    open: open * factor,
    high: high * factor,
    low: low * factor,
    close: close * factor,
    volume,
  };
}

export function moveVolume(candle: Candle, factor: number): Candle {
  return { ...candle, volume: candle.volume * factor };
}

/** A candle with a high (or low) at a factor of its open and close. */
export function addWick(candle: Candle, factor: number): Candle {
  const edges = [candle.open, candle.close];
  if (factor > 1) return { ...candle, high: Math.max(candle.high, Math.max(...edges) * factor) };
  return { ...candle, low: Math.min(candle.low, Math.min(...edges) * factor) };
}

/** A candle with its close moved, and its high or low adjusted. */
export function moveClose(candle: Candle, factor: number): Candle {
  const close = candle.close * factor;
  return { ...candle, close, high: Math.max(candle.high, close), low: Math.min(candle.low, close) };
}

/** Candles with a fault about every 120 minutes, at places that depend on the seed only; and the minutes of the faults. */
export function scatterFaults(
  candles: readonly Candle[],
  seed: number,
  toFault: (candle: Candle, direction: 1 | -1) => Candle,
): { candles: Candle[]; faults: Set<Minute> } {
  const random = createRandom(seed);
  const changed = [...candles];
  const faults = new Set<Minute>();
  for (let i = 100; i < candles.length - 2; i += 20 + Math.floor(200 * random())) {
    changed[i] = toFault(candles[i]!, random() < 0.5 ? 1 : -1);
    faults.add(candles[i]!.openTime);
  }
  return { candles: changed, faults };
}

/** Candles of which those from index `from` to `to` are replaced by another market's of the same minutes. */
export function replaceRange(
  candles: readonly Candle[],
  other: ReadonlyMap<Minute, Candle>,
  from: number,
  to: number,
): Candle[] {
  return candles.map((candle, i) => (i >= from && i < to ? (other.get(candle.openTime) ?? candle) : candle));
}
