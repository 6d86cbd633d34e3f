import { CANDLE_FIELDS } from '../../core/candle.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../indicators/indicators.js';
import type { ChartRow } from '../../rows/chart-row.js';

export const CHART_TABLE = 'rolling_chart_data';

/** The camel-case names are written unquoted, so PostgreSQL folds them. */
const ROW_COLUMNS = ['source', 'hasmissingdata', 'iscomplete', 'written_at'] as const;

/** What is selected to make a `ChartRow`. */
export const CHART_COLUMNS = ['timestamp', ...CANDLE_FIELDS, ...INDICATOR_COLUMNS, ...ROW_COLUMNS] as const;

export interface ChartRecord extends Indicators {
  timestamp: Date;
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  volume: number | null;
  source: ChartRow['source'] | null;
  hasmissingdata: boolean | null;
  iscomplete: boolean | null;
  written_at: Date | null;
}

/** A database record as a row: what another writer left NULL reads as incomplete, not flagged, from Binance. */
export function toChartRow(record: ChartRecord): ChartRow {
  const indicators = {} as Indicators;
  for (const column of INDICATOR_COLUMNS) indicators[column] = record[column];
  return {
    openTime: record.timestamp.getTime(),
    open: record.open,
    high: record.high,
    low: record.low,
    close: record.close,
    volume: record.volume,
    indicators,
    source: record.source ?? 'BINANCE',
    hasMissingData: record.hasmissingdata ?? false,
    isComplete: record.iscomplete ?? false,
    writtenAt: record.written_at,
  };
}

/** The rule of soundness in SQL, for rows that stay in the database; NULL and NaN are not sound. */
export const SOUND_SQL = `(
  open IS NOT NULL AND high IS NOT NULL AND low IS NOT NULL AND close IS NOT NULL AND volume IS NOT NULL
  AND low > 0 AND high < 'Infinity' AND volume >= 0 AND volume < 'Infinity'
  AND low <= open AND low <= close AND open <= high AND close <= high)`;

/** Whether a row stands on a whole minute; the others are invisible to everything but \`clean\`. */
export const ON_MINUTE_SQL = `date_part('second', timestamp) = 0`;

/** A row's five numbers as one value: what a settlement vouches for. Equal where NULL meets NULL and NaN meets NaN. */
export const CANDLE_SQL = 'ARRAY[r.open, r.high, r.low, r.close, r.volume]';
