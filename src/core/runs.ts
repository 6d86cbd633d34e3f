import { isSound, type StoredCandle } from './candle.js';
import { MINUTE_MS, type Minute } from './minute.js';
import type { MinuteRange } from './range.js';

/** The minutes of `range` without a row, as longest stretches; `minutes` are ordered. */
export function findGaps(minutes: readonly Minute[], range: MinuteRange): MinuteRange[] {
  const gaps: MinuteRange[] = [];
  let expected = range.from;
  for (const minute of minutes) {
    if (minute < range.from || minute >= range.to) continue;
    if (minute > expected) gaps.push({ from: expected, to: minute });
    expected = Math.max(expected, minute + MINUTE_MS);
  }
  if (expected < range.to) gaps.push({ from: expected, to: range.to });
  return gaps;
}

/** A run's place in a list: items `start` up to, not including, `end`. */
export interface RunSlice {
  start: number;
  end: number;
}

/**
 * The longest stretches of consecutive minutes with a sound candle, as slices of the ordered list.
 *
 * Unsound candles belong to no run: indicators never look across them.
 */
export function splitRuns(candles: readonly StoredCandle[]): RunSlice[] {
  const runs: RunSlice[] = [];
  let start = -1;
  for (let i = 0; i < candles.length; i += 1) {
    const isJoined = start >= 0 && candles[i]!.openTime === candles[i - 1]!.openTime + MINUTE_MS;
    if (start >= 0 && (!isJoined || !isSound(candles[i]!))) {
      runs.push({ start, end: i });
      start = -1;
    }
    if (start < 0 && isSound(candles[i]!)) start = i;
  }
  if (start >= 0) runs.push({ start, end: candles.length });
  return runs;
}
