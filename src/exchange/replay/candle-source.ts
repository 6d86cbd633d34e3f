import type { Candle } from '../../core/candle.js';
import type { MinuteRange } from '../../core/range.js';

/** Where a replayed exchange takes its candles from. The clock is not its business: every candle is whole. */
export interface CandleSource {
  /** What is traded. */
  symbols(): string[];
  /** All candles of the symbol lie in here; the end may be the end of time. */
  extent(symbol: string): MinuteRange;
  /** The candles of a range, in order; minutes without a candle are absent. */
  candles(symbol: string, range: MinuteRange): Candle[];
}
