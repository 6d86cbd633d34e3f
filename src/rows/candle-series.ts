import type { Candle, Source } from '../core/candle.js';

/** Sound candles in columns, ordered by time: 49 bytes each, 26 MB for a year of a symbol. */
export interface CandleSeries {
  readonly length: number;
  readonly openTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** 1 where the row's source is FALLBACK. */
  readonly isFallback: Uint8Array;
}

const NUMBERS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;

/** A series of zeros. */
export function createSeries(length: number): CandleSeries {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, new Float64Array(length)]));
  return { ...(numbers as Record<(typeof NUMBERS)[number], Float64Array>), length, isFallback: new Uint8Array(length) };
}

/** A longer series that begins with the same candles. */
export function growSeries(series: CandleSeries, length: number): CandleSeries {
  const grown = createSeries(length);
  for (const name of [...NUMBERS, 'isFallback'] as const) grown[name].set(series[name]);
  return grown;
}

/** Converts candles to a series; the source of a candle without one is BINANCE. */
export function toSeries(candles: readonly (Candle & { source?: Source })[]): CandleSeries {
  const series = createSeries(candles.length);
  for (const [i, candle] of candles.entries()) {
    for (const name of NUMBERS) series[name][i] = candle[name];
    series.isFallback[i] = candle.source === 'FALLBACK' ? 1 : 0;
  }
  return series;
}

/** The candles from index `from` up to `to`, sharing their memory. */
export function sliceSeries(series: CandleSeries, from: number, to: number): CandleSeries {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, series[name].subarray(from, to)]));
  return {
    ...(numbers as Record<(typeof NUMBERS)[number], Float64Array>),
    length: to - from,
    isFallback: series.isFallback.subarray(from, to),
  };
}

/** Splits the series where consecutive open times are more than `maxGapMs` apart. */
export function splitSeries(series: CandleSeries, maxGapMs: number): CandleSeries[] {
  const pieces: CandleSeries[] = [];
  let from = 0;
  for (let i = 1; i <= series.length; i += 1) {
    if (i < series.length && series.openTime[i]! - series.openTime[i - 1]! <= maxGapMs) continue;
    pieces.push(sliceSeries(series, from, i));
    from = i;
  }
  return pieces;
}
