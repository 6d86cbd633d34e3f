import { MINUTE_MS } from '../../core/minute.js';
import type { CandleSeries } from '../../rows/candle-series.js';
import { median, SortedWindow } from '../median.js';

/** The number of trades on each side of a break whose median is the volume level, and the longest time they may span. */
const SIDE_TRADES = 15;
const MAX_SIDE_SPAN_MS = 4 * 60 * MINUTE_MS;
/** The volume level of one market hardly ever changes at once by this factor (measured: 9 times less, 26 times more). */
export const LEVEL_FACTOR = 15;
/** Nor by this many robust standard deviations, which are wider in thin markets. */
const LEVEL_SIGMAS = 5;
/** The factor that is enough together with a price shift. */
const LEVEL_FACTOR_WITH_SHIFT = 2;
/** A price shift is at least this share of the price, and this many times as wide as 99 % of its neighbours. */
const MIN_PRICE_SHIFT = 5e-4;
const MIN_SHIFT_RATIO = 5;
const SHIFT_NEIGHBOURS = 300;
/** The standard deviation of normal values around 0 over their median distance from it. */
const TO_SIGMA = 1.4826;

/** The rows of a series by which markets are told apart: those with volume whose source is not FALLBACK. */
export interface Trades {
  series: CandleSeries;
  /** Their indices in the series. */
  indices: Int32Array;
  logVolume: Float64Array;
}

/** A boundary between two trades at which another market may begin. */
export interface MarketBreak {
  /** The index of the first trade after it. */
  at: number;
  /** The log volume levels before and after it. */
  before: number;
  after: number;
  /** The change of level by itself is large enough. */
  isLevelChange: boolean;
  /** Logarithm of the open after it over the close before it where that is a price shift, else 0. */
  priceShift: number;
}

export function toTrades(series: CandleSeries): Trades {
  const indices = new Int32Array(series.length);
  const logVolume = new Float64Array(series.length);
  let count = 0;
  for (let i = 0; i < series.length; i += 1) {
    if (!(series.volume[i]! > 0) || series.isFallback[i] !== 0) continue;
    indices[count] = i;
    logVolume[count] = Math.log(series.volume[i]!);
    count += 1;
  }
  return { series, indices: indices.subarray(0, count), logVolume: logVolume.subarray(0, count) };
}

/**
 * The boundaries at which the volume level changes at once by a factor of 15, or of 2 with a price shift; in order.
 *
 * A level is the median log volume of 15 trades.
 */
export function findMarketBreaks(trades: Trades): MarketBreak[] {
  const levels = measureLevels(trades);
  const shifts = findPriceShifts(trades, levels);
  const changes = findLevelChanges(trades, levels).filter(
    ({ at, before, after }) =>
      !shifts.some(
        (shift) => Math.abs(shift.at - at) < SIDE_TRADES && (shift.after - shift.before) * (after - before) > 0,
      ),
  );
  return [...shifts, ...changes].sort((a, b) => a.at - b.at);
}

/** For each boundary the volume levels before and after it. */
interface Levels {
  before: Float64Array;
  after: Float64Array;
  /** The change from which a level counts as another market's. */
  limit: number;
}

function measureLevels({ series, indices, logVolume }: Trades): Levels {
  const { length } = logVolume;
  const window = new SortedWindow(SIDE_TRADES);
  const before = new Float64Array(length + 1);
  for (let i = 0; i < length; i += 1) {
    window.add(logVolume[i]!);
    before[i + 1] = window.median();
  }
  const timeAt = (i: number) => series.openTime[indices[i]!]!;
  const after = before.map((level, at) => {
    const isInside = at >= SIDE_TRADES && at + SIDE_TRADES <= length;
    return isInside && timeAt(at + SIDE_TRADES - 1) - timeAt(at - SIDE_TRADES) <= MAX_SIDE_SPAN_MS
      ? before[at + SIDE_TRADES]!
      : level;
  });
  const usual = TO_SIGMA * (median(after.map((level, at) => Math.abs(level - before[at]!))) ?? 0);
  return { before, after, limit: Math.max(Math.log(LEVEL_FACTOR), LEVEL_SIGMAS * usual) };
}

/** One break for each stretch of large changes, at the boundary where the mean log volume changes most. */
function findLevelChanges({ logVolume }: Trades, { before, after, limit }: Levels): MarketBreak[] {
  const breaks: MarketBreak[] = [];
  let best = 0;
  for (let at = 0; at <= logVolume.length; at += 1) {
    const step = after[at]! - before[at]!;
    if (Math.abs(step) < limit) {
      best = 0;
      continue;
    }
    const change = Math.abs(sum(logVolume, at, at + SIDE_TRADES) - sum(logVolume, at - SIDE_TRADES, at));
    if (change <= best) continue;
    if (best > 0) breaks.pop();
    best = change;
    breaks.push({ at, before: before[at]!, after: after[at]!, isLevelChange: true, priceShift: 0 });
  }
  return breaks;
}

/** The boundaries at which the price shifts more than anywhere near, and the volume level changes with it. */
function findPriceShifts({ series, indices }: Trades, { before, after, limit }: Levels): MarketBreak[] {
  const shifts = new Float64Array(indices.length);
  for (let at = 1; at < indices.length; at += 1) shifts[at] = priceShiftBefore(series, indices[at]!);
  const breaks: MarketBreak[] = [];
  for (let at = 0; at < shifts.length; at += 1) {
    const shift = shifts[at]!;
    const step = Math.abs(after[at]! - before[at]!);
    if (Math.abs(shift) < MIN_PRICE_SHIFT || step < Math.log(LEVEL_FACTOR_WITH_SHIFT)) continue;
    const others = shifts
      .slice(Math.max(0, at - SHIFT_NEIGHBOURS), at + SHIFT_NEIGHBOURS)
      .map(Math.abs)
      .sort();
    if (Math.abs(shift) < MIN_SHIFT_RATIO * others[Math.floor(0.99 * (others.length - 1))]!) continue;
    breaks.push({ at, before: before[at]!, after: after[at]!, isLevelChange: step >= limit, priceShift: shift });
  }
  return breaks;
}

/** From the close of the previous minute to a row's open, as a logarithm; 0 where that minute is missing. */
function priceShiftBefore({ openTime, open, close }: CandleSeries, index: number): number {
  const hasBefore = index > 0 && openTime[index]! - openTime[index - 1]! === MINUTE_MS;
  return hasBefore ? Math.log(open[index]! / close[index - 1]!) : 0;
}

function sum(values: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i += 1) total += values[i]!;
  return total;
}
