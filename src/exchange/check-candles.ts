import { type Candle, CANDLE_FIELDS, isSound } from '../core/candle.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import { formatRange, type MinuteRange } from '../core/range.js';
import type { HttpResponse } from './http/http-transport.js';
import { serverTimeOf } from './http/read-response.js';
import { RequestError } from './http/request-error.js';
import type { ServerClock } from './server-clock.js';

/** The one interval of Binance that is shorter than a minute. */
const SECOND_MS = 1_000;
/** How far the clock that chose a range may be ahead of the exchange's: the newest minutes are then absent, no error. */
const MAX_CLOCK_LEAD_MS = 5 * MINUTE_MS;

/**
 * The number of candles, from the first one on, whose minute was over when the exchange made its response. An open candle
 * is dropped even when the clock that chose the range was fast.
 *
 * The `date` header is cut to the second, and minutes begin on whole seconds: the comparison is exact. A response
 * without a date is compared with the local clock.
 *
 * @param openTimes in order
 */
export function countClosed(openTimes: ArrayLike<Minute>, { headers }: HttpResponse): number {
  const answeredAt = serverTimeOf(headers) ?? Date.now();
  let closed = openTimes.length;
  while (closed > 0 && openTimes[closed - 1]! + MINUTE_MS > answeredAt) closed -= 1;
  return closed;
}

/**
 * Checks that the response was made after the range. In an older one, minutes that were not over yet would count as
 * missing, and closed candles as open.
 *
 * @throws RequestError (`invalid`) when the response's date is before the end of the range, or earlier than is possible
 */
export function requireRangePassed(range: MinuteRange, { headers }: HttpResponse, clock: ServerClock): void {
  const answeredAt = serverTimeOf(headers) ?? Infinity;
  if (answeredAt >= range.to || (answeredAt >= range.to - MAX_CLOCK_LEAD_MS && answeredAt >= clock.earliestMs)) return;
  const shown = `${new Date(answeredAt).toISOString().slice(0, 19)}Z`;
  const message = `a response dated ${shown} was about ${formatRange(range)}: one of the two clocks is wrong`;
  throw new RequestError('invalid', message);
}

/** Whether a kline that closes then, its last millisecond, is one of a minute, whole or cut short. */
export function isWithinMinute(openTime: number, closeTime: number): boolean {
  const durationMs = closeTime - openTime + 1;
  return Number.isInteger(durationMs) && durationMs > 1 && durationMs <= MINUTE_MS && durationMs !== SECOND_MS;
}

/** Why a candle is not sound, as "volume was -1"; undefined for a sound one. */
export function findFault(candle: Candle): string | undefined {
  const sound: boolean = isSound(candle);
  if (sound) return undefined;
  const { open, high, low, close, volume } = candle;
  const missing = CANDLE_FIELDS.find((field) => !Number.isFinite(candle[field]));
  if (missing) return `${missing} was ${candle[missing]}, expected a number`;
  if (volume < 0) return `volume was ${volume}, expected at least 0`;
  const price = (['open', 'high', 'low', 'close'] as const).find((field) => candle[field] <= 0);
  if (price) return `${price} was ${candle[price]}, expected more than 0`;
  return `low was ${low} and high ${high}, expected open ${open} and close ${close} between them`;
}
