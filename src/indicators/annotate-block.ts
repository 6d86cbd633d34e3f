import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import type { RowBlock } from '../core/row-block.js';
import { splitRuns } from '../core/runs.js';
import { calculateColumns, type IndicatorArrays } from './calculate-columns.js';

/** What the indicators of rows should be. */
export interface BlockIndicators {
  columns: IndicatorArrays;
  /** 1 where the candle is sound and all 13 are there, else 0. */
  isComplete: Uint8Array;
}

/**
 * The indicators of rows among which there may be gaps and unsound candles, each run on its own.
 *
 * An unsound candle has no indicators and ends its run.
 *
 * @param from only rows from this minute on are looked at; those before it are what their indicators are made of
 */
export function annotateBlock(block: RowBlock, from: Minute = -Infinity): BlockIndicators {
  const { length } = block;
  const columns = emptyArrays(length);
  for (const { start, end } of splitRuns(block)) {
    const before = (from - block.openTime[start]!) / MINUTE_MS;
    if (before >= end - start) continue;
    const prices = {
      high: block.high.subarray(start, end),
      low: block.low.subarray(start, end),
      close: block.close.subarray(start, end),
    };
    const found = calculateColumns(prices, Math.max(0, before));
    for (const column of INDICATOR_COLUMNS) columns[column].set(found[column], start);
  }
  const isComplete = new Uint8Array(length).fill(1);
  for (const column of INDICATOR_COLUMNS) {
    const values = columns[column];
    for (let i = 0; i < length; i += 1) if (Number.isNaN(values[i])) isComplete[i] = 0;
  }
  return { columns, isComplete };
}

function emptyArrays(length: number): IndicatorArrays {
  const entries = INDICATOR_COLUMNS.map((column) => [column, new Float64Array(length).fill(NaN)]);
  return Object.fromEntries(entries) as IndicatorArrays;
}
