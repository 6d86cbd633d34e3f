import { type Minute, MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { WARM_UP } from '../indicators/indicator.js';
import type { InvalidRow } from '../rows/row-state.js';

export interface RefetchPolicy {
  replaceFallback: boolean;
}

/**
 * The minutes whose rows the exchange must be asked for again.
 *
 * Flagged, unsound, incomplete although the run is long enough, or incomplete and not written by this tool. A sound
 * row whose run is merely still too short is not among them: time or the missing minutes before it complete it.
 *
 * @param doubts the rows that are not valid, in order
 * @param missing the minutes without a row over the same range, in order: where runs end
 * @param range where the knowledge begins: a run that reaches its beginning is taken to begin there
 */
export function findRowsToRefetch(
  doubts: readonly InvalidRow[],
  missing: readonly MinuteRange[],
  range: MinuteRange,
  policy: RefetchPolicy,
): Minute[] {
  const unsound = doubts.filter((doubt) => !doubt.isSound).map((doubt) => doubt.openTime + MINUTE_MS);
  const runStarts = [range.from, ...missing.map((gap) => gap.to), ...unsound].sort((a, b) => a - b);
  let next = 0;
  return doubts.flatMap((doubt) => {
    while (next + 1 < runStarts.length && runStarts[next + 1]! <= doubt.openTime) next += 1;
    const behind = (doubt.openTime - runStarts[next]!) / MINUTE_MS;
    return needsRefetch(doubt, behind >= WARM_UP, policy) ? [doubt.openTime] : [];
  });
}

function needsRefetch(doubt: InvalidRow, isRunLongEnough: boolean, policy: RefetchPolicy): boolean {
  if (!doubt.isSound) return true;
  if (doubt.isFlagged && !doubt.isKeptFlagged) return true;
  if (!doubt.isComplete && (isRunLongEnough || !doubt.isManaged)) return true;
  return doubt.isFallback && policy.replaceFallback;
}
