import type { Candle, StoredCandle } from '../core/candle.js';
import { INDICATOR_COLUMNS, type Indicators } from '../core/indicator-columns.js';
import { splitRuns } from '../core/runs.js';
import { calculateColumns, toRunPrices, type IndicatorArrays } from './calculate-columns.js';
import { indicatorsAt } from './indicators-at.js';

/** What a stored row's indicators should be. */
export interface RowIndicators {
  indicators: Indicators;
  /** The candle is sound and all 13 are there. */
  isComplete: boolean;
}

/** The same for a whole list as columns: `isComplete` holds 1 for a complete row, else 0. */
export interface RowColumns {
  columns: IndicatorArrays;
  isComplete: Uint8Array;
}

/**
 * The indicators of an ordered list that may hold gaps and unsound candles, each run on its own.
 *
 * An unsound candle has no indicators and ends its run.
 */
export function annotateRows(rows: readonly StoredCandle[]): RowIndicators[] {
  const { columns, isComplete } = annotateColumns(rows);
  return rows.map((_, i) => ({ indicators: indicatorsAt(columns, i), isComplete: isComplete[i] === 1 }));
}

/** `annotateRows` without a record a row: for long lists. */
export function annotateColumns(rows: readonly StoredCandle[]): RowColumns {
  const columns = emptyArrays(rows.length);
  for (const { start, end } of splitRuns(rows)) {
    // splitRuns lets only sound candles into a run.
    const found = calculateColumns(toRunPrices(rows as readonly Candle[], start, end));
    for (const column of INDICATOR_COLUMNS) columns[column].set(found[column], start);
  }
  const isComplete = new Uint8Array(rows.length).fill(1);
  for (const values of Object.values(columns)) {
    for (let i = 0; i < rows.length; i += 1) if (Number.isNaN(values[i])) isComplete[i] = 0;
  }
  return { columns, isComplete };
}

function emptyArrays(length: number): IndicatorArrays {
  const entries = INDICATOR_COLUMNS.map((column) => [column, new Float64Array(length).fill(NaN)]);
  return Object.fromEntries(entries) as IndicatorArrays;
}
