import type { ChartRow } from '../core/chart-row.js';
import type { Minute } from '../core/minute.js';
import { annotateRows } from './annotate-rows.js';
import { indicatorsDiffer } from './indicators-differ.js';

/**
 * The rows from `from` on whose indicators or completeness are not what their candles say, with the right values.
 *
 * @param rows ordered by time; they must reach back 1,000 minutes before `from`, or to where the data begins
 */
export function refreshRows(rows: readonly ChartRow[], from: Minute): ChartRow[] {
  const annotated = annotateRows(rows);
  const changed: ChartRow[] = [];
  rows.forEach((row, i) => {
    if (row.openTime < from) return;
    const { indicators, isComplete } = annotated[i]!;
    if (row.isComplete === isComplete && !indicatorsDiffer(row.indicators, indicators, row.close ?? 0)) return;
    changed.push({ ...row, indicators, isComplete });
  });
  return changed;
}
