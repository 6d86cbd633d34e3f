import type { StoredCandle } from '../../src/core/candle.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/indicators/indicators.js';
import { type RowBlock, toBlock } from '../../src/rows/row-block.js';

const NO_INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;

/** A block of rows that chartctl did not write: candles without indicators. */
export function createCandleBlock(candles: readonly StoredCandle[]): RowBlock {
  const state = { source: 'BINANCE', hasMissingData: false, isComplete: false, writtenAt: null } as const;
  return toBlock(candles.map((candle) => ({ ...candle, ...state, indicators: NO_INDICATORS })));
}
