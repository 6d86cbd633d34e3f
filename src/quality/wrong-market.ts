import type { CandleSeries } from '../core/candle-series.js';
import type { Finding } from './finding.js';
import { findMarketBreaks, LEVEL_FACTOR, toTrades, type MarketBreak, type Trades } from './market-breaks.js';
import { median } from './median.js';

/** Trades on each side of a break that show whether the new level lasts, and by what factor it must differ then. */
const LASTING_SIDE = 60;
const LASTING_FACTOR = 40;
/** Two seams are one offset, there and back, when neither is larger than the other by more than this factor. */
const SAME_OFFSET = 2;

/**
 * Stretches of rows that came from another market than the rows around them, every row of them.
 *
 * They begin where the volume level changes at once by a factor of 15 (Binance.US has 1/420 of Binance's volume), or
 * by 3 where the price jumps with it between two candles by at least a usual candle's range (futures stand at a
 * constant offset), and they end where it changes back by as much. A change that never turns back counts when it is
 * larger still: by a factor of 40 between the medians of 60 rows on either side. Of two markets the one with fewer rows
 * is the wrong one. Rows whose source says that a fallback exchange gave them are neither judged nor compared with.
 *
 * The value is the volume level of the stretch over that of the rows around it, the threshold 15 or 1/15; with an
 * offset the price's jump and a usual range are what counts, and the reason names the jump.
 */
export function findWrongMarkets(series: CandleSeries): Finding[] {
  const trades = toTrades(series);
  const breaks = pairBreaks(findMarketBreaks(trades), trades);
  if (breaks.length === 0) return [];
  const edges = [0, ...breaks.map(({ at }) => at), trades.places.length];
  const stretches = edges.slice(1).map((to, i) => ({ from: edges[i]!, to, entry: breaks[i - 1] ?? breaks[i]! }));
  const everySecond = (first: number) => stretches.filter((_, i) => i % 2 === first);
  const [even, odd] = [everySecond(0), everySecond(1)];
  const accused = countTrades(even) < countTrades(odd) ? even : odd;
  return accused.flatMap((stretch) => describeStretch(trades, stretch));
}

/** Of all breaks those that lead to another market and back, in turn, and those that lead there for good. */
function pairBreaks(breaks: readonly MarketBreak[], trades: Trades): MarketBreak[] {
  const kept: MarketBreak[] = [];
  for (let i = 0; i < breaks.length; i += 1) {
    const back = breaks.findIndex((other, j) => j > i && isWayBack(breaks[i]!, other));
    if (back > i) {
      kept.push(breaks[i]!, breaks[back]!);
      i = back;
    } else if (isLasting(breaks[i]!, trades)) kept.push(breaks[i]!);
  }
  return kept;
}

function isWayBack(there: MarketBreak, back: MarketBreak): boolean {
  if (there.step * back.step > 0) return false;
  const isLevel = (step: number) => Math.abs(step) >= Math.log(LEVEL_FACTOR);
  if (isLevel(there.step) && isLevel(back.step)) return true;
  const ratio = -there.seam / back.seam;
  return ratio >= 1 / SAME_OFFSET && ratio <= SAME_OFFSET;
}

function isLasting({ at }: MarketBreak, { logVolume }: Trades): boolean {
  const [before, after] = [logVolume.slice(Math.max(0, at - LASTING_SIDE), at), logVolume.slice(at, at + LASTING_SIDE)];
  if (Math.min(before.length, after.length) < LASTING_SIDE) return false;
  return Math.abs(levelOf(after) - levelOf(before)) >= Math.log(LASTING_FACTOR);
}

interface Stretch {
  /** The first trade, and the first one after it. */
  from: number;
  to: number;
  /** The break that it lies behind; of the first stretch the one before which it lies. */
  entry: MarketBreak;
}

function countTrades(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { from, to }) => sum + to - from, 0);
}

function describeStretch({ series, places, logVolume }: Trades, { from, to, entry }: Stretch): Finding[] {
  const around = [
    ...logVolume.slice(Math.max(0, from - LASTING_SIDE), from),
    ...logVolume.slice(to, to + LASTING_SIDE),
  ];
  const ratio = Math.exp(levelOf(logVolume.slice(from, to)) - median(around)!);
  const threshold = ratio > 1 ? LEVEL_FACTOR : 1 / LEVEL_FACTOR;
  const end = to < places.length ? places[to]! : series.length;
  const start = from > 0 ? places[from]! : 0;
  const isOwn = Array.from({ length: end - start }, (_, i) => start + i).filter((i) => series.isFallback[i] === 0);
  const jump =
    entry.seam === 0 ? '' : `, behind a jump of ${(100 * Math.expm1(entry.seam)).toFixed(3)} % between two candles`;
  const reason = `one of ${isOwn.length} rows with ${ratio.toPrecision(3)} times the volume of the rows around them${jump}`;
  return isOwn.map((i) => ({ openTime: series.openTime[i]!, value: ratio, threshold, reason }));
}

function levelOf(logVolumes: Float64Array): number {
  return median([...logVolumes])!;
}
