import { isSound, type Source, type StoredCandle } from '../core/candle.js';
import type { Indicators } from '../indicators/indicators.js';

/** One row of `rolling_chart_data`; its symbol is known from where it was asked for. */
export interface ChartRow extends StoredCandle {
  indicators: Indicators;
  source: Source;
  /** A rule found the row abnormal and nobody has vouched for its numbers yet. */
  hasMissingData: boolean;
  /** The candle is sound and all 13 indicators are there, each from a run long enough. */
  isComplete: boolean;
  /** When the candle (not its indicators) was last written by this tool; null for rows it did not write. */
  writtenAt: Date | null;
}

/** Complete and not flagged: a valid row's candle and source never change. */
export function isValid(row: ChartRow): boolean {
  return row.isComplete && !row.hasMissingData && isSound(row);
}
