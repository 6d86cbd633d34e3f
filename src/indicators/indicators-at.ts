import { INDICATOR_COLUMNS, type Indicators } from '../core/indicator-columns.js';
import type { IndicatorArrays } from './calculate-columns.js';

/** One candle's record out of the columns: NaN there is null here. */
export function indicatorsAt(arrays: IndicatorArrays, index: number): Indicators {
  const record = {} as Indicators;
  for (const column of INDICATOR_COLUMNS) {
    const value = arrays[column][index]!;
    record[column] = Number.isNaN(value) ? null : value;
  }
  return record;
}
