import type { Candle } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';

const NAMES = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;

/** Candles in columns, ordered by time: 48 bytes each. A `RowBlock` is one, too. */
export interface CandleColumns extends Readonly<Record<(typeof NAMES)[number], Float64Array>> {
  /** The number of candles. */
  readonly length: number;
}

/** Columns of zeros. */
export function createColumns(length: number): CandleColumns {
  return mapColumns(length, () => new Float64Array(length));
}

/** The candles from index `from` up to `to`, sharing their memory. */
export function sliceColumns(columns: CandleColumns, from: number, to: number): CandleColumns {
  return mapColumns(to - from, (name) => columns[name].subarray(from, to));
}

/** The candles of the minutes from `from` up to `to`, sharing their memory. */
export function sliceRange(columns: CandleColumns, { from, to }: MinuteRange): CandleColumns {
  return sliceColumns(columns, firstAt(columns, from), firstAt(columns, to));
}

/** The candles whose minute is in one of the ranges, which are ordered and disjoint. */
export function selectRanges(columns: CandleColumns, ranges: readonly MinuteRange[]): CandleColumns {
  return joinColumns(ranges.map((range) => sliceRange(columns, range)).filter(({ length }) => length > 0));
}

/** The index of the first candle at or after a minute, by binary search. */
function firstAt({ openTime, length }: CandleColumns, minute: Minute): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (openTime[middle]! < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Copies `source` into `target`, beginning at index `at`. */
export function copyColumns(target: CandleColumns, at: number, source: CandleColumns): void {
  for (const name of NAMES) target[name].set(source[name], at);
}

/** The candles of all parts, one part after the other. */
export function joinColumns(parts: readonly CandleColumns[]): CandleColumns {
  if (parts.length === 1) return parts[0]!;
  const joined = createColumns(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    copyColumns(joined, at, part);
    at += part.length;
  }
  return joined;
}

/** Splits the candles where consecutive open times are more than `maxGapMs` apart. */
export function splitColumns(columns: CandleColumns, maxGapMs: number): CandleColumns[] {
  return findPieces(columns, maxGapMs).map(([from, to]) => sliceColumns(columns, from, to));
}

/** Where the pieces of consecutive candles that are at most `maxGapMs` apart begin and end. */
export function findPieces({ openTime, length }: CandleColumns, maxGapMs: number): [from: number, to: number][] {
  const pieces: [number, number][] = [];
  let from = 0;
  for (let i = 1; i <= length; i += 1) {
    if (i < length && openTime[i]! - openTime[i - 1]! <= maxGapMs) continue;
    pieces.push([from, i]);
    from = i;
  }
  return pieces;
}

/** Converts candles to columns. */
export function toColumns(candles: readonly Candle[]): CandleColumns {
  const columns = createColumns(candles.length);
  for (const [i, candle] of candles.entries()) for (const name of NAMES) columns[name][i] = candle[name];
  return columns;
}

/** One candle as a record. */
export function candleAt(columns: CandleColumns, index: number): Candle {
  return {
    openTime: columns.openTime[index]!,
    open: columns.open[index]!,
    high: columns.high[index]!,
    low: columns.low[index]!,
    close: columns.close[index]!,
    volume: columns.volume[index]!,
  };
}

/** Converts columns to candles. */
export function toCandles(columns: CandleColumns): Candle[] {
  return Array.from({ length: columns.length }, (_, index) => candleAt(columns, index));
}

function mapColumns(length: number, columnOf: (name: (typeof NAMES)[number]) => Float64Array): CandleColumns {
  return {
    length,
    openTime: columnOf('openTime'),
    open: columnOf('open'),
    high: columnOf('high'),
    low: columnOf('low'),
    close: columnOf('close'),
    volume: columnOf('volume'),
  };
}
