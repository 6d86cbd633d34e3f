import type { CandleSeries } from '../core/candle-series.js';
import { MINUTE_MS } from '../core/minute.js';
import { median } from './median.js';
import { SortedWindow } from './sorted-window.js';

/** Rows on each side of a place that tell its volume level, and how far they may reach. */
const SIDE = 15;
const SIDE_SPAN_MS = 4 * 60 * MINUTE_MS;
/** No market's own volume level changes at once by this factor; measured: 9 downwards, 26 upwards. */
export const LEVEL_FACTOR = 15;
/** With a seam in the price this factor will do. */
const FACTOR_WITH_SEAM = 3;
/** Seams below this share of the price are the noise of one market. */
const SMALLEST_SEAM = 5e-4;
/** Rows on each side whose median range says how far the price goes in a usual minute. */
const RANGE_ROWS = 300;

/** The rows of a series that tell markets apart: traded, and of Binance by their own word. */
export interface Trades {
  series: CandleSeries;
  /** Their places in the series. */
  places: Int32Array;
  logVolume: Float64Array;
}

/** A place between two trades at which another market seems to begin. */
export interface MarketBreak {
  /** Which trade is the first after it. */
  at: number;
  /** Logarithm of the volume level after it over that before it. */
  step: number;
  /** Logarithm of the open after it over the close before it, where the price jumps by more than a usual range; else 0. */
  seam: number;
}

export function toTrades(series: CandleSeries): Trades {
  const all = Int32Array.from({ length: series.length }, (_, i) => i);
  const places = all.filter((i) => series.volume[i]! > 0 && series.isFallback[i] === 0);
  return { series, places, logVolume: Float64Array.from(places, (i) => Math.log(series.volume[i]!)) };
}

/** Where the volume level changes at once by a factor of 15, or of 3 with a seam in the price, in order. */
export function findMarketBreaks(trades: Trades): MarketBreak[] {
  const steps = measureSteps(trades);
  const seams = findSeams(trades, steps);
  const levels = findLevels(trades, steps).filter(
    (level) => !seams.some((seam) => Math.abs(seam.at - level.at) < SIDE && seam.step * level.step > 0),
  );
  return [...seams, ...levels].sort((a, b) => a.at - b.at);
}

/** At each place the median log volume of the next 15 trades less that of the 15 before; 0 where they are too far apart. */
function measureSteps({ series, places, logVolume }: Trades): Float64Array {
  const window = new SortedWindow(SIDE);
  const before = new Float64Array(logVolume.length + 1);
  for (const [i, value] of logVolume.entries()) {
    window.add(value);
    before[i + 1] = window.median();
  }
  const timeAt = (i: number) => series.openTime[places[i]!]!;
  return before.map((level, at) => {
    const isInside = at >= SIDE && at + SIDE <= logVolume.length;
    return isInside && timeAt(at + SIDE - 1) - timeAt(at - SIDE) <= SIDE_SPAN_MS ? before[at + SIDE]! - level : 0;
  });
}

/** One break for each stretch of large steps: where the mean of the log volumes changes most, the likeliest place. */
function findLevels({ logVolume }: Trades, steps: Float64Array): MarketBreak[] {
  const breaks: MarketBreak[] = [];
  let best = 0;
  for (const [at, step] of steps.entries()) {
    if (Math.abs(step) < Math.log(LEVEL_FACTOR)) best = 0;
    else {
      const change = Math.abs(sum(logVolume, at, at + SIDE) - sum(logVolume, at - SIDE, at));
      if (best > 0 && change <= best) continue;
      if (best > 0) breaks.pop();
      best = change;
      breaks.push({ at, step, seam: 0 });
    }
  }
  return breaks;
}

/** Where the price jumps between two candles by at least a usual range, and the volume level changes with it. */
function findSeams(trades: Trades, steps: Float64Array): MarketBreak[] {
  const { series, places } = trades;
  const breaks: MarketBreak[] = [];
  for (const [at, step] of steps.entries()) {
    if (Math.abs(step) < Math.log(FACTOR_WITH_SEAM)) continue;
    const [last, first] = [places[at - 1]!, places[at]!];
    if (series.openTime[first]! - series.openTime[last]! !== MINUTE_MS) continue;
    const seam = Math.log(series.open[first]! / series.close[last]!);
    if (Math.abs(seam) < SMALLEST_SEAM || Math.abs(seam) < usualRange(series, first)) continue;
    breaks.push({ at, step, seam });
  }
  return breaks;
}

function usualRange({ high, low, length }: CandleSeries, place: number): number {
  const ranges: number[] = [];
  for (let i = Math.max(0, place - RANGE_ROWS); i < Math.min(length, place + RANGE_ROWS); i += 1) {
    ranges.push(Math.log(high[i]! / low[i]!));
  }
  return median(ranges)!;
}

function sum(values: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i += 1) total += values[i]!;
  return total;
}
