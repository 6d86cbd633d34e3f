import { HOUR_MS, type Minute, MINUTE_MS } from '../../core/minute.js';

/** The hours whose closes and volumes are shown. */
export const TRADE_HOURS = 72;

/** The start of the first of `hours` hours; the last one contains the newest closed minute. */
export function hourBefore(to: Minute, hours: number): Minute {
  return (Math.floor((to - MINUTE_MS) / HOUR_MS) - hours + 1) * HOUR_MS;
}

/** The starts of the hours whose closes and volumes are shown, in order. */
export function tradeHours(to: Minute): Minute[] {
  const first = hourBefore(to, TRADE_HOURS);
  return Array.from({ length: TRADE_HOURS }, (_, i) => first + i * HOUR_MS);
}
