import { intersect } from '../../core/range.js';
import type { CandleSource } from './candle-source.js';
import { generateCandles } from './generate-candles.js';

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
