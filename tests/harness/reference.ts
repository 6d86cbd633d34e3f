import * as assert from 'uvu/assert';
import { type Candle, isSound } from '../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../src/core/minute.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { INDICATOR_COLUMNS, type IndicatorColumn } from '../../src/indicators/indicators.js';
import type { ChartRow } from '../../src/rows/chart-row.js';

/** The tolerance of a stored indicator, by column. */
function toleranceOf(column: IndicatorColumn, value: number, close: number): number {
  if (column.startsWith('macd')) return 1e-9 * close;
  if (column === 'rsi' || column.startsWith('stoch')) return 1e-7;
  return 1e-9 * Math.abs(value);
}

/**
 * Asserts that indicators are those of each run computed at once, and that the rows after the warm-up are complete.
 *
 * @param from the first minute to check; the rows before it are the look-back
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

/** Whether a stored indicator equals the reference within the tolerance. */
export function isWithinTolerance(
  column: IndicatorColumn,
  stored: number | null,
  wanted: number | null,
  close: number,
): boolean {
  if (stored === null || wanted === null) return stored === wanted;
  return Math.abs(stored - wanted) <= toleranceOf(column, wanted, close);
}

/** Fails the test with a row; the text is only built on failure because there are many rows. */
function failRow(row: ChartRow, what: string): never {
  assert.unreachable(`${new Date(row.openTime).toISOString()}: ${what}`);
  throw new Error(what);
}

/** A second implementation: it must not share a fault with that of the program. */
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
