import type { Candle } from '../../core/candle.js';
import { MINUTE_MS, formatMinute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { findFault } from '../find-fault.js';
import { normalizeFallbackVolume } from '../normalize-fallback-volume.js';
import { RequestProblem } from '../request-problem.js';
import type { FallbackCandle } from './fallback-exchange.js';

/**
 * Another exchange's candles as ours: those of the range, in order, volume in base units.
 *
 * @throws RequestProblem (`nonsense`) when one of them is off the minute, there twice, or not sound
 */
export function toCandles(found: readonly FallbackCandle[], range: MinuteRange): Candle[] {
  const odd = found.find(({ openTime }) => !Number.isInteger(openTime) || openTime % MINUTE_MS !== 0);
  if (odd) throw new RequestProblem('nonsense', `an open time was ${odd.openTime}, expected the whole minute`);
  const inside = found
    .filter(({ openTime }) => openTime >= range.from && openTime < range.to)
    .sort((a, b) => a.openTime - b.openTime);
  return inside.map((entry, i) => {
    const { openTime, open, high, low, close } = entry;
    const candle = { openTime, open, high, low, close, volume: normalizeFallbackVolume(entry) };
    const fault = inside[i - 1]?.openTime === openTime ? 'it was there twice' : findFault(candle);
    if (fault) throw new RequestProblem('nonsense', `the candle of ${formatMinute(openTime)} makes no sense: ${fault}`);
    return candle;
  });
}
