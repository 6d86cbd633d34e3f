import { isSound, type Source, type StoredCandle } from '../core/candle.js';
import type { Indicators } from '../indicators/indicators.js';

/** One row of `rolling_chart_data`, without its symbol, which is a parameter of every query. */
export interface ChartRow extends StoredCandle {
  indicators: Indicators;
  source: Source;
  /** An open flag: a rule found the row abnormal, and its numbers were not confirmed or accepted since. */
  hasMissingData: boolean;
  /** The candle is sound and has all indicators, each from a run that is long enough. */
  isComplete: boolean;
  /** When chartctl last wrote the candle (not its indicators); null for rows that it did not write. */
  writtenAt: Date | null;
}

/** Complete and not flagged: a valid row's candle and source never change. */
export function isValid(row: ChartRow): boolean {
  return row.isComplete && !row.hasMissingData && isSound(row);
}
