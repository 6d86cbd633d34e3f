import { isSound, type Source, type StoredCandle } from '../core/candle.js';
import { INDICATOR_COLUMNS, type Indicators } from '../indicators/indicators.js';

/** One row of `rolling_chart_data`, without its symbol, which is a parameter of every query. */
export interface ChartRow extends StoredCandle {
  indicators: Indicators;
  source: Source;
  /** An open flag: a rule found the row abnormal, and its numbers were not confirmed or accepted since. */
  hasMissingData: boolean;
  /** The stored mark, which other SQL than chartctl's may have set without indicators: see `isComplete`. */
  isComplete: boolean;
  /** When chartctl last wrote the candle (not its indicators); null for rows that it did not write. */
  writtenAt: Date | null;
}

/** Marked as complete, and all indicators are finite numbers. `COMPLETE_SQL` says the same in SQL. */
function isComplete({ isComplete, indicators }: ChartRow): boolean {
  return isComplete && INDICATOR_COLUMNS.every((column) => Number.isFinite(indicators[column]));
}

/**
 * Sound, complete and not flagged: a valid row's candle and source never change. `VALID_SQL` says the same in SQL.
 */
export function isValid(row: ChartRow): boolean {
  return !row.hasMissingData && isSound(row) && isComplete(row);
}
