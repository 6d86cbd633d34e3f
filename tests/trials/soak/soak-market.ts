import type { Candle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { type MinuteRange, minutesOf } from '../../../src/core/range.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import type { Random } from '../../harness/random.js';
import { type MemorySource, memorySource } from '../../loopback/memory-source.js';

/** The share of minutes without a trade at the fallback exchange. */
const SHARE_WITHOUT_TRADE = 0.15;
/** The prices of the fallback exchange differ slightly, and its volume is a small share. */
const PRICE_OFFSET = 1.0002;
const VOLUME_SHARE = 0.05;

/** Binance, which halts, loses minutes and revises candles, and a fallback exchange. */
export interface SoakMarket {
  binance: MemorySource;
  bybit: MemorySource;
  list(symbol: string, range: MinuteRange): void;
  /** Replaces candles by flat ones without volume, and removes the candles after them. */
  halt(symbol: string, flat: MinuteRange, absent: MinuteRange): void;
  /** Replaces Binance's candle of a closed minute. */
  revise(symbol: string, minute: Minute, candle: Candle, nowMs: number): void;
  revisions(symbol: string): ReadonlyMap<Minute, number>;
  /** Binance's candle of a minute as it was at a time. */
  candleAt(symbol: string, minute: Minute, timeMs: number): Candle | undefined;
}

/** An empty market. */
export function openSoakMarket(random: Random): SoakMarket {
  const binance = memorySource();
  const bybit = memorySource();
  const revised = new Map<string, Map<Minute, { atMs: number; before: Candle }>>();
  const revisionsOf = (symbol: string) => {
    const known = revised.get(symbol) ?? new Map<Minute, { atMs: number; before: Candle }>();
    revised.set(symbol, known);
    return known;
  };
  return {
    binance,
    bybit,
    list: (symbol, range) => {
      const candles = generateCandles(symbol, range);
      binance.put(symbol, candles);
      bybit.put(symbol, candles.filter(() => random.fraction() > SHARE_WITHOUT_TRADE).map(toFallbackCandle));
    },
    halt: (symbol, flat, absent) => {
      const before = binance.get(symbol, flat.from - MINUTE_MS);
      if (!before) return; // not listed yet
      const { close } = before;
      const dead = { open: close, high: close, low: close, close, volume: 0 };
      binance.put(
        symbol,
        [...minutesOf(flat)].map((openTime) => ({ openTime, ...dead })),
      );
      binance.remove(symbol, absent);
    },
    revise: (symbol, minute, candle, nowMs) => {
      const before = binance.get(symbol, minute);
      if (!before || revisionsOf(symbol).has(minute)) return;
      revisionsOf(symbol).set(minute, { atMs: nowMs, before });
      binance.put(symbol, [roundToPrinted(candle)]);
    },
    revisions: (symbol) => new Map([...revisionsOf(symbol)].map(([minute, { atMs }]) => [minute, atMs])),
    candleAt: (symbol, minute, timeMs) => {
      const revision = revisionsOf(symbol).get(minute);
      return revision && timeMs < revision.atMs ? revision.before : binance.get(symbol, minute);
    },
  };
}

function toFallbackCandle({ openTime, open, high, low, close, volume }: Candle): Candle {
  const [o, h, l, c] = [open, high, low, close].map((price) => price * PRICE_OFFSET) as Four;
  return roundToPrinted({ openTime, open: o, high: h, low: l, close: c, volume: volume * VOLUME_SHARE });
}

type Four = [number, number, number, number];

/** Rounds to 8 decimals, as exchanges print candles. */
function roundToPrinted({ openTime, ...numbers }: Candle): Candle {
  const printed = Object.entries(numbers).map(([field, value]) => [field, Number(value.toFixed(8))]);
  return { openTime, ...(Object.fromEntries(printed) as typeof numbers) };
}
