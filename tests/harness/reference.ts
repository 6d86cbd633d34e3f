import * as assert from 'uvu/assert';
import { type Candle, isSound } from '../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../src/core/minute.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { INDICATOR_COLUMNS, type IndicatorColumn } from '../../src/indicators/indicators.js';
import type { ChartRow } from '../../src/rows/chart-row.js';

/** How far a stored indicator may lie from the reference: DESIGN's tolerances, by column. */
function toleranceOf(column: IndicatorColumn, value: number, close: number): number {
  if (column.startsWith('macd')) return 1e-9 * close;
  if (column === 'rsi' || column.startsWith('stoch')) return 1e-7;
  return 1e-9 * Math.abs(value);
}

/**
 * Rows equal what the indicator library gives for each whole run at once; every row past the warm-up is complete.
 *
 * @param from rows before it are only what the later ones are computed from: as many as a recursion reaches back over
 */
export function assertMatchesReference(rows: readonly ChartRow[], from: Minute = -Infinity): void {
  let complete = 0;
  for (const run of runsOf(rows)) {
    const expected = calculateIndicators(run.map((row) => row as ChartRow & Candle));
    run.forEach((row, i) => {
      if (row.openTime < from) return;
      if (row.isComplete !== i >= 400) failRow(row, `isComplete was ${row.isComplete} for candle ${i} of its run`);
      complete += row.isComplete ? 1 : 0;
      for (const column of INDICATOR_COLUMNS) {
        const [stored, wanted] = [row.indicators[column], expected[i]![column]];
        if (!isWithinTolerance(column, stored, wanted, row.close!))
          failRow(row, `${column} was ${stored}, expected ${wanted}`);
      }
    });
  }
  const marked = rows.filter((row) => row.isComplete && row.openTime >= from).length;
  assert.is(complete, marked, 'a row outside every run is complete');
}

/** Whether a stored indicator is one that every path may have written. */
export function isWithinTolerance(
  column: IndicatorColumn,
  stored: number | null,
  wanted: number | null,
  close: number,
): boolean {
  if (stored === null || wanted === null) return stored === wanted;
  return Math.abs(stored - wanted) <= toleranceOf(column, wanted, close);
}

/** Says what is wrong with a row; the text is made only now, for there are many rows. */
function failRow(row: ChartRow, what: string): never {
  assert.unreachable(`${new Date(row.openTime).toISOString()}: ${what}`);
  throw new Error(what);
}

/** Written anew for the tests, so that a fault in the program's own splitting shows. */
function runsOf(rows: readonly ChartRow[]): ChartRow[][] {
  const runs: ChartRow[][] = [];
  let current: ChartRow[] = [];
  for (const row of rows) {
    const isJoined = current.length > 0 && current.at(-1)!.openTime + MINUTE_MS === row.openTime;
    if (!isJoined || !isSound(row)) current = [];
    if (!isSound(row)) continue;
    if (current.length === 0) runs.push(current);
    current.push(row);
  }
  return runs;
}
