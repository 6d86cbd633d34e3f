import { isSound, type Candle } from '../core/candle.js';
import { MINUTE_MS } from '../core/minute.js';
import type { Comparison } from './compare-with-exchange.js';
import { median, medianDeviation } from './median.js';

/** Shorter stretches are not classified. */
const MIN_ROWS = 20;
/** The most minutes without a differing row inside a stretch: quiet markets have no candle for some minutes. */
const MAX_GAP_MINUTES = 15;
/** The share of rows that may open at exactly the exchange's price by chance. */
const MAX_CHANCE_SHARE = 0.1;
/** An offset is constant when its median is this many times its median deviation. */
const MIN_OFFSET_DEVIATIONS = 3;
/** Above this ratio, and below its inverse, volumes are of another scale. */
const MIN_SCALE_RATIO = 3;
/** Volumes in another unit have a constant ratio: its logarithms deviate by no more than this, about 10 %. */
const MAX_RATIO_DEVIATION = 0.1;

/** Minutes in which both candles are sound, and the stored source is not FALLBACK. */
type Pair = Comparison & { stored: Candle; exchange: Candle };

/**
 * Gives the class `wrong_market` to rows of another market, in stretches of at least 20 differing rows.
 *
 * Two markets of one pair hardly ever open a minute at the same price, and either their prices have a constant
 * offset (a futures market) or their volumes are of another scale (Binance.US: 1/420). Where the prices are the same
 * and only the volume has a constant ratio, it was stored in another unit.
 *
 * @param differing ordered by time; those of a fallback exchange are skipped
 */
export function markWrongMarket(differing: readonly Comparison[]): Comparison[] {
  const found = new Set<Comparison>();
  for (const stretch of splitStretches(differing.filter(isPair))) {
    if (isOtherMarket(stretch)) for (const pair of stretch) found.add(pair);
  }
  return differing.map((item) => (found.has(item) ? { ...item, class: 'wrong_market' } : item));
}

function isPair(item: Comparison): item is Pair {
  const { stored, exchange } = item;
  return stored !== undefined && exchange !== undefined && stored.source !== 'FALLBACK' && isSound(stored);
}

function splitStretches(pairs: readonly Pair[]): Pair[][] {
  const stretches: Pair[][] = [];
  for (const pair of pairs) {
    const last = stretches.at(-1);
    const isNear = last && pair.openTime - last.at(-1)!.openTime <= MAX_GAP_MINUTES * MINUTE_MS;
    if (isNear) last.push(pair);
    else stretches.push([pair]);
  }
  return stretches;
}

function isOtherMarket(stretch: readonly Pair[]): boolean {
  if (stretch.length < MIN_ROWS) return false;
  const scales = stretch
    .filter(({ stored, exchange }) => stored.volume > 0 && exchange.volume > 0)
    .map(({ stored, exchange }) => Math.log(stored.volume / exchange.volume));
  const isOfOtherScale = Math.abs(median(scales) ?? 0) > Math.log(MIN_SCALE_RATIO);
  const atOpen = shareMatching(stretch, ({ stored, exchange }) => stored.open === exchange.open);
  if (atOpen <= MAX_CHANCE_SHARE) return isOfOtherScale || isConstantOffset(stretch.map(toOffset));
  const atAllPrices = shareMatching(stretch, hasSamePrices);
  return (
    atAllPrices >= 1 - MAX_CHANCE_SHARE &&
    isOfOtherScale &&
    (medianDeviation(scales) ?? Infinity) <= MAX_RATIO_DEVIATION
  );
}

/** The stored close minus the exchange's, as a share of it. */
function toOffset({ stored, exchange }: Pair): number {
  return stored.close / exchange.close - 1;
}

function isConstantOffset(offsets: readonly number[]): boolean {
  const offset = Math.abs(median(offsets) ?? 0);
  return offset > 0 && offset >= MIN_OFFSET_DEVIATIONS * (medianDeviation(offsets) ?? Infinity);
}

function hasSamePrices({ stored, exchange }: Pair): boolean {
  return (['open', 'high', 'low', 'close'] as const).every((field) => stored[field] === exchange[field]);
}

function shareMatching<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.filter(test).length / items.length;
}
