import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS, type Minute } from '../../src/core/minute.js';
import type { MinuteRange } from '../../src/core/range.js';
import type { CandleSource } from '../../src/exchange/replay/candle-source.js';

/** A source of candles that a test can change while the exchange runs. */
export interface MemorySource extends CandleSource {
  /**
   * Adds candles; an existing one of the same open time is replaced, as Binance revises candles. They may be off the
   * minute, as Binance's of 2018-02-09.
   */
  put(symbol: string, candles: Iterable<Candle>): void;
  /** Removes the candles of these minutes. */
  remove(symbol: string, range: MinuteRange): void;
  get(symbol: string, minute: Minute): Candle | undefined;
}

/** Candles in memory, by symbol. */
export function memorySource(candlesBySymbol: Readonly<Record<string, readonly Candle[]>> = {}): MemorySource {
  const markets = new Map<string, Map<Minute, Candle>>();
  const extents = new Map<string, MinuteRange>(); // cached: a request needs it several times
  const offMinute = new Set<string>();
  const extent = (symbol: string) => {
    const known = extents.get(symbol) ?? extentOf(markets.get(symbol));
    extents.set(symbol, known);
    return known;
  };
  const put = (symbol: string, candles: Iterable<Candle>) => {
    const market = markets.get(symbol) ?? new Map<Minute, Candle>();
    for (const candle of candles) {
      market.set(candle.openTime, candle);
      if (candle.openTime % MINUTE_MS !== 0) offMinute.add(symbol);
    }
    markets.set(symbol, market);
    extents.delete(symbol);
  };
  for (const [symbol, candles] of Object.entries(candlesBySymbol)) put(symbol, candles);
  return {
    put,
    remove: (symbol, range) => {
      for (let minute = range.from; minute < range.to; minute += MINUTE_MS) markets.get(symbol)?.delete(minute);
      extents.delete(symbol);
    },
    get: (symbol, minute) => markets.get(symbol)?.get(minute),
    symbols: () => [...markets.keys()],
    extent,
    candles: (symbol, range) => {
      const market = markets.get(symbol) ?? new Map<Minute, Candle>();
      if (offMinute.has(symbol)) {
        const inRange = [...market.values()].filter(({ openTime }) => range.from <= openTime && openTime < range.to);
        return inRange.sort((a, b) => a.openTime - b.openTime);
      }
      const { from, to } = extent(symbol);
      const found: Candle[] = [];
      for (let minute = Math.max(from, range.from); minute < Math.min(to, range.to); minute += MINUTE_MS) {
        const candle = market.get(minute);
        if (candle) found.push(candle);
      }
      return found;
    },
  };
}

function extentOf(market: Map<Minute, Candle> | undefined): MinuteRange {
  if (!market || market.size === 0) return { from: 0, to: 0 };
  let [from, last] = [Infinity, -Infinity];
  for (const minute of market.keys()) {
    if (minute < from) from = minute;
    if (minute > last) last = minute;
  }
  return { from, to: last + MINUTE_MS };
}
