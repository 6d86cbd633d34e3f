import type { CandleField } from '../../core/candle.js';
import type { Minute } from '../../core/minute.js';
import type { LineStyle } from '../../indicators/indicator.js';
import type { IndicatorColumn } from '../../indicators/indicators.js';
import type { VolumeLine } from '../report-data.js';

/** The data of one symbol for the page's script; it is embedded as JSON. */
export interface ChartPayload {
  symbol: string;
  from: Minute;
  to: Minute;
  /** Null where there are too few volumes. */
  volume: VolumeLine | null;
  gaps: { from: Minute; to: Minute; cause: string }[];
  rules: readonly string[];
  /** Each flag's minute, its index in `rules`, and 1 when it is open. */
  flags: readonly (readonly [minute: number, rule: number, isOpen: number])[];
  /** In the order in which they are drawn. */
  panes: readonly IndicatorPane[];
  columns: { name: PayloadColumn; decimals: number | null; width: number }[];
  /** The columns' bytes one after another, deflated and in base64. */
  data: string;
}

/** `minute` counts from the range's beginning; `source` is an index in `SOURCES`; `state` is a sum of `STATES`. */
export type PayloadColumn = 'minute' | CandleField | IndicatorColumn | 'source' | 'state';

/** The bits of a row's state. */
export const STATES = { flagged: 1, complete: 2, valid: 4 } as const;

/** The columns of one indicator, which are shown and hidden together. */
export interface IndicatorPane {
  /** The value of its checkbox. */
  name: string;
  /** Drawn over the candles instead of in a pane of its own. */
  isOverlay: boolean;
  levels: readonly number[];
  /** In drawing order. */
  lines: readonly PaneLine[];
}

export interface PaneLine extends LineStyle {
  column: IndicatorColumn;
}
