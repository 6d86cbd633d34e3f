import { MINUTE_MS } from '../core/minute.js';
import { isSoundAt, type RowBlock } from './row-block.js';

/** A run in a block: rows `start` up to, not including, `end`. */
export interface RunSlice {
  start: number;
  end: number;
}

/**
 * The longest stretches of consecutive minutes with a sound candle.
 *
 * Unsound candles belong to no run, so no indicator is computed across one.
 */
export function splitRuns(block: RowBlock): RunSlice[] {
  const runs: RunSlice[] = [];
  let start = -1;
  for (let i = 0; i < block.length; i += 1) {
    const isSound = isSoundAt(block, i);
    const isJoined = start >= 0 && block.openTime[i] === block.openTime[i - 1]! + MINUTE_MS;
    if (start >= 0 && !(isSound && isJoined)) {
      runs.push({ start, end: i });
      start = -1;
    }
    if (start < 0 && isSound) start = i;
  }
  if (start >= 0) runs.push({ start, end: block.length });
  return runs;
}
