import type { IndicatorColumn } from './indicators.js';

/** The prices of one run, oldest first, as columns of one length: what the formulas read. */
export interface RunPrices {
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
}

/** Such as `{ period: 14 }`; a period counts candles. */
export type Parameters = Readonly<Record<string, number | string>>;

/**
 * A formula and the table columns it fills.
 *
 * A result has one number a candle. What stands before `lookBack` has no meaning: whoever calls
 * `calculate` masks it, so that no value is shown that still depends on where the run began.
 */
export interface Indicator<Column extends IndicatorColumn> {
  /** For each column the numbers that its formula is given, by their usual names. */
  parameters: Readonly<Record<Column, Parameters>>;
  /** For each column the index, counted from the run's first candle, of its first value. */
  lookBack: Readonly<Record<Column, number>>;
  calculate(run: RunPrices): Record<Column, Float64Array>;
}

/** Candles a recursive indicator needs before its first value, until its starting point no longer shows. */
export const WARM_UP = 400;

/** How far back a recursion starts, and how far on a changed candle can still change an indicator. */
export const RECURSION_REACH = 1000;
