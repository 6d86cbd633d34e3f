import { HOUR_MS } from '../core/minute.js';

const DAY_MS = 24 * HOUR_MS;

/** How long to wait after each fruitless question; the last pause repeats. Binance does fill holes later. */
const PAUSES_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

/** The pause after the exchange was asked `askedCount` times (1 or more) for minutes that it does not have. */
export function pauseBeforeAsking(askedCount: number): number {
  return PAUSES_MS[Math.min(askedCount, PAUSES_MS.length) - 1]!;
}
