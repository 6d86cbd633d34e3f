import type { Candle } from '../core/candle.js';
import { MINUTE_MS } from '../core/minute.js';
import { formatRange, type MinuteRange } from '../core/range.js';
import type { HttpAnswer } from './http-transport.js';
import type { KnownTime } from './known-time.js';
import { RequestProblem } from './request-problem.js';
import { serverTimeOf } from './retry-after.js';

/** The clock that chose a range may be so far ahead: the newest minutes are then simply not there yet. */
const AHEAD_MS = 5 * MINUTE_MS;

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

/**
 * Of minutes that lie in the future of the answer's own date nothing can be learnt: not even that the exchange does not
 * have them. The same holds for an answer that bears a date of the past: candles that it brings would seem to be open.
 *
 * @throws RequestProblem (`nonsense`) when the answer is older than the minutes that were asked for, or than can be
 */
export function requirePassed(range: MinuteRange, { headers }: HttpAnswer, time: KnownTime): void {
  const answeredAt = serverTimeOf(headers) ?? Infinity;
  if (answeredAt >= range.to || (answeredAt >= range.to - AHEAD_MS && answeredAt >= time.earliestMs)) return;
  const shown = `${new Date(answeredAt).toISOString().slice(0, 19)}Z`;
  throw new RequestProblem(
    'nonsense',
    `an answer of ${shown} was about ${formatRange(range)}: one of two clocks is wrong`,
  );
}
