import type { Candle } from '../core/candle.js';
import { MINUTE_MS } from '../core/minute.js';
import type { HttpAnswer } from './http-transport.js';
import { serverTimeOf } from './retry-after.js';

/**
 * The candles whose minute was over when the exchange made its answer: no running candle passes, even when the clock
 * that chose the range was fast.
 *
 * The `date` header is cut to the second, and minutes begin on whole seconds: the comparison is exact. An answer
 * without a date is measured by the local clock.
 */
export function closedCandles(candles: readonly Candle[], { headers }: HttpAnswer): Candle[] {
  const answeredAt = serverTimeOf(headers) ?? Date.now();
  return candles.filter((candle) => candle.openTime + MINUTE_MS <= answeredAt);
}
