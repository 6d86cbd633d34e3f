import type { Candle } from '../../core/candle.js';
import { intersect, type MinuteRange } from '../../core/range.js';
import { generateCandles } from './generate-candles.js';

/** The candles of a replayed exchange, independent of its clock: every candle is complete. */
export interface CandleSource {
  /** The listed symbols. */
  symbols(): string[];
  /** A range that contains all candles of the symbol; its end may be far in the future. */
  extent(symbol: string): MinuteRange;
  /** The candles of a range, in order; minutes without a candle are absent. */
  candles(symbol: string, range: MinuteRange): Candle[];
}

/** The generated candles begin in 2020 and go on far beyond any use. */
const EXTENT = { from: Date.UTC(2020, 0, 1), to: Date.UTC(2200, 0, 1) };

/** Generated candles of some symbols as a source: without gaps, and always the same. */
export function generatedSource(symbols: readonly string[]): CandleSource {
  return {
    symbols: () => [...symbols],
    extent: () => EXTENT,
    candles: (symbol, range) => generateCandles(symbol, intersect(range, EXTENT)),
  };
}
