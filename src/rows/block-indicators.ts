import { type Minute, MINUTE_MS } from '../core/minute.js';
import { calculateColumns, type IndicatorArrays } from '../indicators/calculate-indicators.js';
import { INDICATOR_COLUMNS } from '../indicators/indicators.js';
import type { RowBlock } from './row-block.js';
import { splitRuns } from './runs.js';

/** What the indicators of rows should be. */
export interface BlockIndicators {
  columns: IndicatorArrays;
  /** 1 where the candle is sound and all 13 are there, else 0. */
  isComplete: Uint8Array;
}

/**
 * The indicators of rows among which there may be gaps and unsound candles, each run on its own.
 *
 * An unsound candle has no indicators and ends its run.
 *
 * @param from only rows from this minute on are looked at; those before it are what their indicators are made of
 */
export function annotateBlock(block: RowBlock, from: Minute = -Infinity): BlockIndicators {
  const { length } = block;
  const columns = emptyArrays(length);
  for (const { start, end } of splitRuns(block)) {
    const before = (from - block.openTime[start]!) / MINUTE_MS;
    if (before >= end - start) continue;
    const prices = {
      high: block.high.subarray(start, end),
      low: block.low.subarray(start, end),
      close: block.close.subarray(start, end),
    };
    const found = calculateColumns(prices, Math.max(0, before));
    for (const column of INDICATOR_COLUMNS) columns[column].set(found[column], start);
  }
  const isComplete = new Uint8Array(length).fill(1);
  for (const column of INDICATOR_COLUMNS) {
    const values = columns[column];
    for (let i = 0; i < length; i += 1) if (Number.isNaN(values[i])) isComplete[i] = 0;
  }
  return { columns, isComplete };
}

function emptyArrays(length: number): IndicatorArrays {
  const entries = INDICATOR_COLUMNS.map((column) => [column, new Float64Array(length).fill(NaN)]);
  return Object.fromEntries(entries) as IndicatorArrays;
}

/**
 * A tenth of the tolerances within which every path must give the same numbers: in points for RSI and
 * %K/%D, as a part of the close for MACD, as a part of the value for bands and volatility.
 */
const POINTS = 1e-8;
const PART_OF_CLOSE = 1e-10;
const PART_OF_VALUE = 1e-10;

/**
 * Whether a row's recomputed indicators really change what is stored: by more than rounding may.
 *
 * NaN is "no value" on both sides, and differs from any value. What the database holds as NaN or infinity stands in
 * `stored` as an infinity, and differs from everything that can be computed. `close` holds the rows' closes.
 * Each column is named, for a loop over the names takes ten times as long (400 ms against 30 for a year).
 */
export function columnsDiffer(
  stored: IndicatorArrays,
  computed: IndicatorArrays,
  close: Float64Array,
  index: number,
): boolean {
  const ofClose = PART_OF_CLOSE * Math.abs(close[index]!);
  return (
    differs(stored.rsi[index]!, computed.rsi[index]!, POINTS) ||
    differs(stored.stoch_k[index]!, computed.stoch_k[index]!, POINTS) ||
    differs(stored.stoch_d[index]!, computed.stoch_d[index]!, POINTS) ||
    differs(stored.macd[index]!, computed.macd[index]!, ofClose) ||
    differs(stored.macd_signal[index]!, computed.macd_signal[index]!, ofClose) ||
    differs(stored.macd_histogram[index]!, computed.macd_histogram[index]!, ofClose) ||
    valueDiffers(stored.bb_upper[index]!, computed.bb_upper[index]!) ||
    valueDiffers(stored.bb_middle[index]!, computed.bb_middle[index]!) ||
    valueDiffers(stored.bb_lower[index]!, computed.bb_lower[index]!) ||
    valueDiffers(stored.volatility_1m[index]!, computed.volatility_1m[index]!) ||
    valueDiffers(stored.volatility_5m[index]!, computed.volatility_5m[index]!) ||
    valueDiffers(stored.volatility_15m[index]!, computed.volatility_15m[index]!) ||
    valueDiffers(stored.volatility_60m[index]!, computed.volatility_60m[index]!)
  );
}

function valueDiffers(before: number, after: number): boolean {
  return differs(before, after, PART_OF_VALUE * Math.abs(after));
}

/** NaN, the only number that is not itself, against NaN does not differ; NaN against a number does. */
function differs(before: number, after: number, limit: number): boolean {
  return !(Math.abs(before - after) <= limit) && (before === before || after === after);
}

/** The places of the rows from `from` on whose indicators or completeness are not what they should be. */
export function findStale(block: RowBlock, should: BlockIndicators, from: Minute): number[] {
  const stale: number[] = [];
  for (let i = 0; i < block.length; i += 1) {
    if (block.openTime[i]! < from) continue;
    const isStale =
      block.isComplete[i] !== should.isComplete[i] || columnsDiffer(block, should.columns, block.close, i);
    if (isStale) stale.push(i);
  }
  return stale;
}

/** Gives rows the indicators and the completeness that they should have. */
export function setIndicators(block: RowBlock, should: BlockIndicators, places: readonly number[]): void {
  for (const column of INDICATOR_COLUMNS) {
    const [target, source] = [block[column], should.columns[column]];
    for (const place of places) target[place] = source[place]!;
  }
  for (const place of places) block.isComplete[place] = should.isComplete[place]!;
}
