import { MINUTE_MS } from '../core/minute.js';
import { expectRecord, showValue } from './expect-shape.js';
import { RequestProblem } from './request-problem.js';

/** The greatest time that a Date can hold. */
const END_OF_TIME = 8.64e15;

/**
 * What a `time` answer says, in epoch milliseconds.
 *
 * @throws RequestProblem (`nonsense`) when that is no time
 */
export function parseServerTime(body: unknown): number {
  const { serverTime } = expectRecord(body, "Binance's answer");
  const isTime = typeof serverTime === 'number' && Number.isSafeInteger(serverTime) && serverTime > MINUTE_MS;
  if (isTime && serverTime < END_OF_TIME) return serverTime;
  throw new RequestProblem('nonsense', `Binance's server time was ${showValue(serverTime)}, expected milliseconds`);
}
