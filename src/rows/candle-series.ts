import type { Candle, Source } from '../core/candle.js';
import {
  type CandleColumns,
  copyColumns,
  createColumns,
  findPieces,
  sliceColumns,
  toColumns,
} from './candle-columns.js';

/** The sound candles of a symbol in columns, with their source: 49 bytes each, 26 MB for a year of a symbol. */
export interface CandleSeries extends CandleColumns {
  /** 1 where the row's source is FALLBACK. */
  readonly isFallback: Uint8Array;
}

/** A series of zeros. */
export function createSeries(length: number): CandleSeries {
  return { ...createColumns(length), isFallback: new Uint8Array(length) };
}

/** A longer series that begins with the same candles. */
export function growSeries(series: CandleSeries, length: number): CandleSeries {
  const grown = createSeries(length);
  copyColumns(grown, 0, series);
  grown.isFallback.set(series.isFallback);
  return grown;
}

/** Converts candles to a series; the source of a candle without one is BINANCE. */
export function toSeries(candles: readonly (Candle & { source?: Source })[]): CandleSeries {
  return { ...toColumns(candles), isFallback: Uint8Array.from(candles, ({ source }) => Number(source === 'FALLBACK')) };
}

/** The candles from index `from` up to `to`, sharing their memory. */
export function sliceSeries(series: CandleSeries, from: number, to: number): CandleSeries {
  return { ...sliceColumns(series, from, to), isFallback: series.isFallback.subarray(from, to) };
}

/** Splits the series where consecutive open times are more than `maxGapMs` apart. */
export function splitSeries(series: CandleSeries, maxGapMs: number): CandleSeries[] {
  return findPieces(series, maxGapMs).map(([from, to]) => sliceSeries(series, from, to));
}
