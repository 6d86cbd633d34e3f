import { CANDLE_FIELDS, type CandleField, type Source } from '../../core/candle.js';
import type { Db } from '../../database/store.js';
import { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from '../../indicators/indicators.js';
import type { ChartRow } from '../../rows/chart-row.js';

/** The candles and indicators, one row for each symbol and minute. */
export const CHART_TABLE = 'rolling_chart_data';

/** The view of the valid rows: the dataset for training. */
export const TRAINING_VIEW = 'training_chart_data';

/** `hasMissingData` and `isComplete` are written unquoted in SQL, so PostgreSQL stores them in lower case. */
const ROW_COLUMNS = ['source', 'hasmissingdata', 'iscomplete', 'written_at'] as const;

/** The columns of a `ChartRow`, in the order in which blocks of rows are read and written. */
export const CHART_COLUMNS = ['timestamp', ...CANDLE_FIELDS, ...INDICATOR_COLUMNS, ...ROW_COLUMNS] as const;

/** A column of the candles and indicators; all of them are `double precision`. */
export type NumberColumn = CandleField | IndicatorColumn;

/** The other columns, each of which has a type and a meaning of its own. */
export type OtherColumn = 'symbol' | Exclude<(typeof CHART_COLUMNS)[number], NumberColumn>;

/** The name of any column, in lower case, as PostgreSQL stores it. */
export type ChartColumnName = NumberColumn | OtherColumn;

/** A row as the driver returns it. */
export type ChartRecord = Indicators &
  Record<CandleField, number | null> & {
    timestamp: Date;
    source: Source | null;
    hasmissingdata: boolean | null;
    iscomplete: boolean | null;
    written_at: Date | null;
  };

/** NULL in a column that another writer left out means: from Binance, not flagged, incomplete. */
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

/**
 * Whether a row's candle is sound: `isSound` of `core/candle.ts` in SQL. It is true or false, never NULL.
 *
 * PostgreSQL sorts NaN above infinity, so the upper bounds exclude it.
 */
export const SOUND_SQL = `(
  open IS NOT NULL AND high IS NOT NULL AND low IS NOT NULL AND close IS NOT NULL AND volume IS NOT NULL
  AND low > 0 AND high < 'Infinity' AND volume >= 0 AND volume < 'Infinity'
  AND low <= open AND low <= close AND open <= high AND close <= high)`;

const INDICATOR_LIST = INDICATOR_COLUMNS.join(', ');

/**
 * Whether a row is complete: `isComplete` of `rows/chart-row.ts` in SQL. It is true or false, never NULL.
 *
 * The mark alone proves nothing: it is TRUE by default, so the platform's plain INSERT sets it without indicators.
 * `greatest` and `least` ignore NULL, and to them NaN is the greatest number.
 */
export const COMPLETE_SQL = `(
  iscomplete IS TRUE AND num_nulls(${INDICATOR_LIST}) = 0
  AND greatest(${INDICATOR_LIST}) < 'Infinity' AND least(${INDICATOR_LIST}) > '-Infinity')`;

/**
 * Whether a row is valid: `isValid` of `rows/chart-row.ts` in SQL. It is true or false, never NULL. The view
 * `training_chart_data` has the same rule.
 */
export const VALID_SQL = `(hasmissingdata IS NOT TRUE AND ${SOUND_SQL} AND ${COMPLETE_SQL})`;

/** The source of a row; a platform's own statements may leave it NULL. */
export const SOURCE_SQL = `coalesce(source, 'BINANCE')`;

/**
 * Whether a row's timestamp is a whole minute. Every command except `clean` ignores the other rows. `date_bin` takes a third
 * of the time of `date_part('second', ...)`, which converts every timestamp to the time zone of the session. Compared as a
 * number: of `date_bin(...) = timestamp` alone the planner expects one row, and then it joins row by row.
 */
export const ON_MINUTE_SQL = `((date_bin('1 minute', timestamp, '2000-01-01Z') = timestamp)::int = 1)`;

/**
 * The five numbers of row `r` as one array, as `chartctl_flags.candle` stores them. In arrays NULL equals NULL and NaN
 * equals NaN.
 */
export const CANDLE_SQL = 'ARRAY[r.open, r.high, r.low, r.close, r.volume]';

/** The names of the table's columns that a statement may write, the platform's own included; not generated ones. */
export async function findChartColumns(db: Db): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `SELECT attname::text AS name FROM pg_attribute
     WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
    [CHART_TABLE],
  );
  return rows.map(({ name }) => name);
}
