import { type Minute, MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { WARM_UP } from '../indicators/indicator.js';
import type { InvalidRow } from '../rows/row-state.js';

interface RefetchPolicy {
  /** Also rows of fallback exchanges, valid or not. */
  replaceFallback: boolean;
}

/**
 * The minutes whose rows must be requested from the exchange again.
 *
 * That is, rows that are flagged, unsound, incomplete although the run is long enough, or incomplete and not written by
 * chartctl. A sound row whose run is only too short is not requested: time, or the missing minutes before it, complete
 * it.
 *
 * @param invalidRows in order
 * @param missing the minutes without a row over the same range, in order; they end runs
 * @param range the range that was read; a run that reaches its beginning is assumed to begin there
 */
export function findRowsToRefetch(
  invalidRows: readonly InvalidRow[],
  missing: readonly MinuteRange[],
  range: MinuteRange,
  policy: RefetchPolicy,
): Minute[] {
  const unsound = invalidRows.filter((row) => !row.isSound).map((row) => row.openTime + MINUTE_MS);
  const runStarts = [range.from, ...missing.map((gap) => gap.to), ...unsound].sort((a, b) => a - b);
  let next = 0;
  return invalidRows.flatMap((row) => {
    while (next + 1 < runStarts.length && runStarts[next + 1]! <= row.openTime) next += 1;
    const runLength = (row.openTime - runStarts[next]!) / MINUTE_MS;
    return needsRefetch(row, runLength >= WARM_UP, policy) ? [row.openTime] : [];
  });
}

function needsRefetch(row: InvalidRow, isRunLongEnough: boolean, policy: RefetchPolicy): boolean {
  if (!row.isSound) return true;
  if (row.isFlagged && !row.isKeptFlagged) return true;
  if (!row.isComplete && (isRunLongEnough || !row.isManaged)) return true;
  return row.isFallback && policy.replaceFallback;
}
