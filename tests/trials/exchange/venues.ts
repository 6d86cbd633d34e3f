import type { Candle } from '../../../src/core/candle.js';
import { FALLBACK_NAMES, type FallbackName } from '../../../src/core/config.js';

export const BINANCE_LEVEL = 'binance';

/** What a fallback exchange has where Binance has these candles: prices of its own, and a part of the volume. */
export function fallbackCandles(name: FallbackName, candles: readonly Candle[]): Candle[] {
  const nth = 1 + FALLBACK_NAMES.indexOf(name);
  const move = (price: number) => Number((price * (1 + nth / 10_000)).toFixed(6));
  return candles.map(({ openTime, open, high, low, close, volume }) => ({
    openTime,
    open: move(open),
    high: move(high),
    low: move(low),
    close: move(close),
    volume: Number((volume / (10 * nth)).toFixed(6)),
  }));
}
