import { MINUTE_MS } from '../../core/minute.js';
import { expectList } from '../http/parse-values.js';
import type { FallbackExchange } from './fallback-exchange.js';

/** No price and no volume has 21 digits; `parseDecimal` applies the same limit to the other exchanges' strings. */
const TOO_LARGE = 1e20;

/**
 * Coinbase Exchange: newest first, both ends included, times in seconds, its own order of fields, and numbers
 * instead of strings. Volume in base units. No candle for a minute without trades.
 */
export const coinbase: FallbackExchange = {
  pageMinutes: 300,
  request: ({ base, quote }, { from, to }) => {
    const [start, end] = [from, to - MINUTE_MS].map((time) => new Date(time).toISOString());
    return `/products/${base}-${quote}/candles?granularity=60&start=${start}&end=${end}`;
  },
  read: (body) =>
    expectList(body, "Coinbase's response").map((entry) => {
      const [seconds, low, high, open, close, baseVolume] = expectList(entry, "Coinbase's candle", 6).map(
        toNumber,
      ) as Six;
      return { openTime: seconds * 1000, open, high, low, close, baseVolume };
    }),
};

type Six = [number, number, number, number, number, number];

function toNumber(value: unknown): number {
  return typeof value === 'number' && Math.abs(value) < TOO_LARGE ? value : NaN;
}
