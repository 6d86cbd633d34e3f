import { floorMinute, formatMinute, MINUTE_MS } from '../../src/core/minute.js';
import type { MinuteRange } from '../../src/core/range.js';
import { WARM_UP } from '../../src/indicators/indicator.js';

/** The exchange's clock when a measurement begins. */
export const NOW = Date.parse('2025-06-01T12:00:05Z');
export const SYMBOL = 'BTCUSDT';

/** The newest closed minutes by that clock. */
export function pastMinutes(count: number): MinuteRange {
  const to = floorMinute(NOW);
  return { from: to - count * MINUTE_MS, to };
}

/** The flags of a backfill that stores a number of rows, including the warm-up before its range. */
export function backfillFlags(rows: number): string[] {
  return rangeFlags(pastMinutes(rows - WARM_UP));
}

/** The flags of a range. */
export function rangeFlags({ from, to }: MinuteRange): string[] {
  return ['--from', formatMinute(from), '--to', formatMinute(to)];
}
