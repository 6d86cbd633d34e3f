import { MINUTE_MS } from '../core/minute.js';
import { expectRecord, showValue } from './expect-shape.js';
import { RequestProblem } from './request-problem.js';

/** The greatest time that a Date can hold. */
const END_OF_TIME = 8.64e15;
/** A `date` header is cut to the second, and may come from the server in front. */
const DISAGREEMENT_MS = MINUTE_MS;

/**
 * What a `time` answer says, in epoch milliseconds.
 *
 * @param datedMs when the answer was made by its own `date` header: two clocks of one exchange must agree
 * @throws RequestProblem (`nonsense`) when that is no time, or another one than the answer's
 */
export function parseServerTime(body: unknown, datedMs?: number): number {
  const { serverTime } = expectRecord(body, "Binance's answer");
  const isTime = typeof serverTime === 'number' && Number.isSafeInteger(serverTime) && serverTime > MINUTE_MS;
  if (!isTime || serverTime >= END_OF_TIME) {
    throw new RequestProblem('nonsense', `Binance's server time was ${showValue(serverTime)}, expected milliseconds`);
  }
  if (datedMs === undefined || Math.abs(serverTime - datedMs) <= DISAGREEMENT_MS) return serverTime;
  const [told, dated] = [serverTime, datedMs].map((timeMs) => new Date(timeMs).toISOString());
  throw new RequestProblem('nonsense', `Binance's server time was ${told} in an answer of ${dated}`);
}
