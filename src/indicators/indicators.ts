import { bollinger } from './bollinger.js';
import type { ColumnDefinition, Indicator, Parameters } from './indicator.js';
import { macd } from './macd.js';
import { rsi } from './rsi.js';
import { stochastic } from './stochastic.js';
import { volatility } from './volatility.js';

/**
 * Every indicator, in the order of the table's columns.
 *
 * Column names, types, descriptions, units, look-backs, tolerances, the manifest's parameters and the report's panes
 * all come from this list. A new indicator is one file, one line here, and a migration that adds its columns.
 */
export const INDICATORS = [rsi, macd, bollinger, stochastic, volatility] as const;

type ColumnOf<T> = T extends Indicator<infer Column> ? Column : never;

/** The name of an indicator column of `rolling_chart_data`. */
export type IndicatorColumn = ColumnOf<(typeof INDICATORS)[number]>;

/** One candle's indicators by column; null where the definition gives no value yet. */
export type Indicators = { [Column in IndicatorColumn]: number | null };

/** The definition of each column. */
export const COLUMN_DEFINITIONS = Object.assign({}, ...INDICATORS.map(({ columns }) => columns)) as Readonly<
  Record<IndicatorColumn, ColumnDefinition>
>;

/** The indicator columns of `rolling_chart_data`, in the table's order. */
export const INDICATOR_COLUMNS = Object.keys(COLUMN_DEFINITIONS) as readonly IndicatorColumn[];

/** For each column the index, in a run, of its first value. */
export const LOOK_BACK = mapColumns(({ lookBack }) => lookBack);

/** The most candles that an indicator over a window looks back. */
export const LONGEST_WINDOW = Math.max(
  ...INDICATORS.filter(({ isRecursive }) => !isRecursive)
    .flatMap(({ columns }): ColumnDefinition[] => Object.values(columns))
    .map(({ lookBack }) => lookBack),
);

/** What each column is calculated with, and how many candles of its run come before its first value. */
export const INDICATOR_PARAMETERS = Object.fromEntries(
  INDICATORS.flatMap(({ isRecursive, columns }) =>
    Object.entries<ColumnDefinition>(columns).map(([name, { parameters, lookBack }]) => [
      name,
      { ...parameters, [isRecursive ? 'warmUp' : 'lookBack']: lookBack },
    ]),
  ),
) as Readonly<Record<IndicatorColumn, Parameters>>;

/** A value for each column. */
export function mapColumns<T>(
  toValue: (definition: ColumnDefinition, column: IndicatorColumn) => T,
): Record<IndicatorColumn, T> {
  const values = {} as Record<IndicatorColumn, T>;
  for (const column of INDICATOR_COLUMNS) values[column] = toValue(COLUMN_DEFINITIONS[column], column);
  return values;
}
