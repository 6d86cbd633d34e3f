/** Changes of the close that a recursive indicator is computed from, and so the candles that it needs before its first value. */
export const WARM_UP = 400;

/**
 * Candles before a row that are read for its indicators, and candles after a changed one whose indicators are recomputed.
 * A value depends on fewer: on the last `WARM_UP` changes.
 */
export const RECURSION_REACH = 1000;

/** The prices of one run, oldest first, as columns of one length. */
export interface RunPrices {
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  /** The number of the first candle's minute since 1970, with which runs of the same candles give the same bits. */
  firstMinute?: number;
}

/** The numbers of a formula by their usual names, such as `{ period: 14 }`; a period counts candles. */
export type Parameters = Readonly<Record<string, number | string>>;

/**
 * By how much two computations of one value may differ: the sum of an absolute part, a share of the candle's close,
 * and a share of the value.
 */
export interface Tolerance {
  absolute?: number;
  ofClose?: number;
  ofValue?: number;
}

/** Everything that the program says about one column of an indicator. */
export interface ColumnDefinition {
  /** Its name in the report's row panel. */
  title: string;
  description: string;
  unit: string;
  /** What it is calculated with, as written into a training file's manifest. */
  parameters: Parameters;
  /** The index, counted from the run's first candle, of the first value. */
  lookBack: number;
  /** Stored values within this distance of the computed ones are not rewritten. */
  tolerance: Tolerance;
  /** How the report draws it. */
  line: LineStyle;
}

/** One line of a pane of the report, or its histogram. */
export interface LineStyle {
  /** Its name in the corner of the pane. */
  title: string;
  /** Index of its colour in the page's palette. */
  ink: 0 | 1 | 2 | 3;
  style?: 'dashed' | 'columns';
}

/** How the report shows the columns of one indicator together. */
interface PaneDefinition<Column extends string> {
  /** The value of its checkbox. */
  name: string;
  title: string;
  /** Drawn over the candles instead of in a pane of its own. */
  isOverlay: boolean;
  /** Shown when the page opens. */
  isShown: boolean;
  /** Horizontal lines for comparison. */
  levels: readonly number[];
  /** The columns in drawing order, the last one on top; by default in the table's order. */
  order?: readonly Column[];
}

/**
 * A formula and the table columns that it fills.
 *
 * `calculate` returns one number a candle. The numbers before a column's `lookBack` have no meaning: the caller masks
 * them, so that no value is stored that depends on where the run began.
 */
export interface Indicator<Column extends string> {
  /** True: it is an exponential average, computed from the whole run that it is given, and its look-back is a warm-up. */
  isRecursive: boolean;
  /** By column name, in the table's order. */
  columns: Readonly<Record<Column, ColumnDefinition>>;
  pane: PaneDefinition<Column>;
  calculate: (run: RunPrices) => Record<Column, Float64Array>;
}

/** Units of columns. */
export const QUOTE_UNIT = 'quote asset';
export const POINTS_UNIT = 'points, 0 to 100';
export const RETURN_UNIT = 'log return, not annualised';

/** A tenth of the tolerances within which every path to a row must give the same numbers. */
export const POINTS_TOLERANCE: Tolerance = { absolute: 1e-8 };
export const CLOSE_TOLERANCE: Tolerance = { ofClose: 1e-10 };
export const VALUE_TOLERANCE: Tolerance = { ofValue: 1e-10 };
