import type { IndicatorColumn } from '../../indicators/indicators.js';

/** One line (or the columns) of a group. */
export interface IndicatorLine {
  column: IndicatorColumn;
  /** In the corner of its pane. */
  title: string;
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
      { column: 'bb_upper', title: 'upper band', ink: 3 },
      { column: 'bb_middle', title: 'middle band', ink: 3, style: 'dashed' },
      { column: 'bb_lower', title: 'lower band', ink: 3 },
    ],
    levels: [],
  },
  rsi: { isOverlay: false, lines: [{ column: 'rsi', title: 'RSI 14', ink: 0 }], levels: [30, 70] },
  macd: {
    isOverlay: false,
    lines: [
      { column: 'macd_histogram', title: 'histogram', ink: 3, style: 'columns' },
      { column: 'macd', title: 'MACD', ink: 0 },
      { column: 'macd_signal', title: 'signal', ink: 1, style: 'dashed' },
    ],
    levels: [],
  },
  stochastic: {
    isOverlay: false,
    lines: [
      { column: 'stoch_k', title: '%K', ink: 0 },
      { column: 'stoch_d', title: '%D', ink: 1, style: 'dashed' },
    ],
    levels: [20, 80],
  },
  volatility: {
    isOverlay: false,
    lines: [
      { column: 'volatility_1m', title: 'volatility 1 m', ink: 3 },
      { column: 'volatility_5m', title: '5 m', ink: 2 },
      { column: 'volatility_15m', title: '15 m', ink: 1 },
      { column: 'volatility_60m', title: '60 m', ink: 0 },
    ],
    levels: [],
  },
};
