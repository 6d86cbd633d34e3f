import type { Candle } from '../../core/candle.js';
import { intersect, type MinuteRange } from '../../core/range.js';
import { generateCandles } from './generate-candles.js';

/** Where a replayed exchange takes its candles from. The clock is not its business: every candle is whole. */
export interface CandleSource {
  /** What is traded. */
  symbols(): string[];
  /** All candles of the symbol lie in here; the end may be the end of time. */
  extent(symbol: string): MinuteRange;
  /** The candles of a range, in order; minutes without a candle are absent. */
  candles(symbol: string, range: MinuteRange): Candle[];
}

/** The invented market begins here; it has no end. */
const EXTENT = { from: Date.UTC(2020, 0, 1), to: Date.UTC(2200, 0, 1) };

/** Invented candles of some symbols as a source: every minute is there, and always the same. */
export function generatedSource(symbols: readonly string[]): CandleSource {
  return {
    symbols: () => [...symbols],
    extent: () => EXTENT,
    candles: (symbol, range) => generateCandles(symbol, intersect(range, EXTENT)),
  };
}
