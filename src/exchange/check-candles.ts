import { type Candle, CANDLE_FIELDS, isSound } from '../core/candle.js';
import { MINUTE_MS } from '../core/minute.js';
import { formatRange, type MinuteRange } from '../core/range.js';
import type { HttpResponse } from './http/http-transport.js';
import { serverTimeOf } from './http/read-response.js';
import { RequestError } from './http/request-error.js';
import type { ServerClock } from './server-clock.js';

/** The clock that chose a range may be so far ahead: the newest minutes are then simply not there yet. */
const MAX_CLOCK_LEAD_MS = 5 * MINUTE_MS;

/**
 * The candles whose minute was over when the exchange made its answer: no running candle passes, even when the clock
 * that chose the range was fast.
 *
 * The `date` header is cut to the second, and minutes begin on whole seconds: the comparison is exact. An answer
 * without a date is measured by the local clock.
 */
export function closedCandles(candles: readonly Candle[], { headers }: HttpResponse): Candle[] {
  const answeredAt = serverTimeOf(headers) ?? Date.now();
  return candles.filter((candle) => candle.openTime + MINUTE_MS <= answeredAt);
}

/**
 * Of minutes that lie in the future of the answer's own date nothing can be learnt: not even that the exchange does not
 * have them. The same holds for an answer that bears a date of the past: candles that it brings would seem to be open.
 *
 * @throws RequestProblem (`nonsense`) when the answer is older than the minutes that were asked for, or than can be
 */
export function requireRangePassed(range: MinuteRange, { headers }: HttpResponse, time: ServerClock): void {
  const answeredAt = serverTimeOf(headers) ?? Infinity;
  if (answeredAt >= range.to || (answeredAt >= range.to - MAX_CLOCK_LEAD_MS && answeredAt >= time.earliestMs)) return;
  const shown = `${new Date(answeredAt).toISOString().slice(0, 19)}Z`;
  throw new RequestError(
    'nonsense',
    `an answer of ${shown} was about ${formatRange(range)}: one of two clocks is wrong`,
  );
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
