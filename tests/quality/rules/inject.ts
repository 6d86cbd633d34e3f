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

/** A high or a low far away from a candle's open and close. */
export function addWick(candle: Candle, factor: number): Candle {
  const edges = [candle.open, candle.close];
  if (factor > 1) return { ...candle, high: Math.max(candle.high, Math.max(...edges) * factor) };
  return { ...candle, low: Math.min(candle.low, Math.min(...edges) * factor) };
}

/** A close away from the rest, with the high or low that it takes. */
export function moveClose(candle: Candle, factor: number): Candle {
  const close = candle.close * factor;
  return { ...candle, close, high: Math.max(candle.high, close), low: Math.min(candle.low, close) };
}

/** Series with one fault about every 120 candles, the same places every time, and where they are. */
export function scatterFaults(
  candles: readonly Candle[],
  seed: number,
  toFault: (candle: Candle, direction: 1 | -1) => Candle,
): { candles: Candle[]; faults: Set<Minute> } {
  const dice = createRandom(seed);
  const changed = [...candles];
  const faults = new Set<Minute>();
  for (let i = 100; i < candles.length - 2; i += 20 + Math.floor(200 * dice())) {
    changed[i] = toFault(candles[i]!, dice() < 0.5 ? 1 : -1);
    faults.add(candles[i]!.openTime);
  }
  return { candles: changed, faults };
}

/** A series in which some candles are replaced by what another market has for their minutes. */
export function replaceRange(
  candles: readonly Candle[],
  other: ReadonlyMap<Minute, Candle>,
  from: number,
  to: number,
): Candle[] {
  return candles.map((candle, i) => (i >= from && i < to ? (other.get(candle.openTime) ?? candle) : candle));
}
