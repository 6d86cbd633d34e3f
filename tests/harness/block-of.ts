import type { StoredCandle } from '../../src/core/candle.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/core/indicator-columns.js';
import { toBlock, type RowBlock } from '../../src/core/row-block.js';

const NO_INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;

/** Candles as rows that the platform wrote, without indicators. */
export function blockOf(candles: readonly StoredCandle[]): RowBlock {
  const state = { source: 'BINANCE', hasMissingData: false, isComplete: false, writtenAt: null } as const;
  return toBlock(candles.map((candle) => ({ ...candle, ...state, indicators: NO_INDICATORS })));
}
