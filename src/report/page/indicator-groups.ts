import type { IndicatorColumn } from '../../core/indicator-columns.js';

/** One line (or the columns) of a group. */
export interface IndicatorLine {
  column: IndicatorColumn;
  /** The place in the palette's inks. */
  ink: number;
  style?: 'dashed' | 'columns';
}

/** Indicators that are switched on and off together. */
export interface IndicatorGroup {
  /** Over the candles, or in a pane of its own. */
  isOverlay: boolean;
  lines: readonly IndicatorLine[];
  /** Levels that people compare with. */
  levels: readonly number[];
}

/** By the value of the group's checkbox, in the order of the panes. */
export const GROUPS: Readonly<Record<string, IndicatorGroup>> = {
  bands: {
    isOverlay: true,
    lines: [
      { column: 'bb_upper', ink: 3 },
      { column: 'bb_middle', ink: 3, style: 'dashed' },
      { column: 'bb_lower', ink: 3 },
    ],
    levels: [],
  },
  rsi: { isOverlay: false, lines: [{ column: 'rsi', ink: 0 }], levels: [30, 70] },
  macd: {
    isOverlay: false,
    lines: [
      { column: 'macd_histogram', ink: 3, style: 'columns' },
      { column: 'macd', ink: 0 },
      { column: 'macd_signal', ink: 1, style: 'dashed' },
    ],
    levels: [],
  },
  stochastic: {
    isOverlay: false,
    lines: [
      { column: 'stoch_k', ink: 0 },
      { column: 'stoch_d', ink: 1, style: 'dashed' },
    ],
    levels: [20, 80],
  },
  volatility: {
    isOverlay: false,
    lines: [
      { column: 'volatility_1m', ink: 3 },
      { column: 'volatility_5m', ink: 2 },
      { column: 'volatility_15m', ink: 1 },
      { column: 'volatility_60m', ink: 0 },
    ],
    levels: [],
  },
};
