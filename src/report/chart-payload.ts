import type { CandleField } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import type { IndicatorColumn } from '../indicators/indicators.js';
import type { VolumeLine } from './report-data.js';

/** What the page's script gets of one symbol; it travels as JSON. */
export interface ChartPayload {
  symbol: string;
  from: Minute;
  to: Minute;
  /** Null where there are too few volumes. */
  volume: VolumeLine | null;
  gaps: { from: Minute; to: Minute; cause: string }[];
  flags: { minute: Minute; rule: string; isOpen: boolean }[];
  columns: { name: PayloadColumn; decimals: number | null; width: number }[];
  /** The columns' bytes one after another, deflated and in base64. */
  data: string;
}

/** `minute` counts from the range's beginning; `source` is a place in `SOURCES`; `state` is made of `STATES`. */
export type PayloadColumn = 'minute' | CandleField | IndicatorColumn | 'source' | 'state';

/** The bits of a row's state. */
export const STATES = { flagged: 1, complete: 2, valid: 4 } as const;
