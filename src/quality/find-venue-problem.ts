import type { Candle } from '../core/candle.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { median, medianDeviation } from './median.js';

/** Binance's candles that another exchange is compared with; with the newest minute they fit on one page everywhere. */
export const REFERENCE_CANDLES = 99;
/** When Binance's nearest candle is further away, it does not say what the price of a minute can be. */
const MAX_DISTANCE_MS = 720 * MINUTE_MS;
/** The nearest candles that are used lie this close together: quiet markets would take many pages. */
const MAX_SPAN_MS = 300 * MINUTE_MS;
/** With fewer common minutes two markets cannot be compared. */
const MIN_COMMON_MINUTES = 10;
/** Common minutes with trades on both from which it is known whether two markets move together. */
const MIN_TRADED_MINUTES = 20;

/** The greatest median offset of the closes, 1 %. Measured: 9 bp on one pair, 20 bp with another quote currency. */
const MAX_OFFSET = 0.01;
/** The same in one-minute moves (root mean square), for markets that move more. */
const MAX_OFFSET_MOVES = 3;
/** Offsets whose median deviation is smaller do not drift, 5 bp. Measured: up to 3.7 bp on one pair. */
const MIN_SPREAD = 5e-4;
/** The same in one-minute moves. */
const MIN_SPREAD_MOVES = 0.5;
const DRIFT_MINUTES = 20;
/** The offset's move in 20 minutes over that in one: 1.05 on one pair, sqrt(20) = 4.5 for unrelated markets. */
const MAX_DRIFT_RATIO = 2;

/** How far a price may be from Binance's nearest close: 1 %, and 5 of its widest candles by the root of the distance. */
const MIN_REACH = 0.01;
const REACH_RANGES = 5;
/** The reach never exceeds this factor. */
const MAX_FACTOR = 2;
/** The least reach of a market that is known to move with Binance's: one minute moved DOGE by 18.4 %. */
const KNOWN_MARKET_FACTOR = 1.25;

/** The minutes whose rows may be a reference for a range, see `selectReference`. */
export function toReferenceRange({ from, to }: MinuteRange): MinuteRange {
  const reach = MAX_DISTANCE_MS + MAX_SPAN_MS;
  return { from: from - reach, to: to + reach };
}

/**
 * The candles of Binance's that another exchange is compared with: of those around a range the nearest 99, ordered by
 * time and within five hours; none when the nearest is more than 12 hours away. Candles without a trade are left out: a
 * halt repeats them at its last price.
 */
export function selectReference(candles: readonly Candle[], range: MinuteRange): Candle[] {
  const nearest = candles
    .filter(({ volume }) => volume > 0)
    .map((candle) => ({ candle, distance: distanceTo(range, candle.openTime) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, REFERENCE_CANDLES);
  const { distance: least = Infinity } = nearest[0] ?? {};
  if (least > MAX_DISTANCE_MS) return [];
  return nearest
    .filter(({ distance }) => distance <= least + MAX_SPAN_MS)
    .map(({ candle }) => candle)
    .sort((a, b) => a.openTime - b.openTime);
}

/**
 * Why another exchange's candles are not those of Binance's market; null when they can be.
 *
 * The same ticker may be another coin elsewhere (NEIRO: 113 times the price). Three things are compared:
 *
 * 1. The offset of the closes in at least 10 common minutes: its median may be 1 %, or 3 usual one-minute moves if that
 *    is more.
 * 2. Whether the offset drifts: the difference of two venues of one market returns, that of two markets wanders. From 20
 *    common minutes with trades on, and where it spreads by more than 5 bp and half a usual move, it may move at most
 *    twice as far in 20 minutes as in one.
 * 3. The wanted candles' prices against Binance's nearest close: the reach is 1 % plus 5 times Binance's widest candle
 *    times the root of the distance in minutes, at most a factor of 2; and at least 25 % where 2 was measured, because
 *    real markets move as far in one minute.
 *
 * What cannot be told apart: another coin within 1 % of the price that moves in step with this one (two dollar coins), or
 * that is hardly traded.
 *
 * Source: measured on 7,200 minutes of one pair on two venues, see the test.
 *
 * @param reference Binance's candles, at least one, see `selectReference`
 * @param candles the other exchange's, those of the wanted range and of the reference's minutes, as far as it has them
 */
export function findVenueProblem(
  reference: readonly [Candle, ...Candle[]],
  candles: readonly Candle[],
  wanted: MinuteRange,
): string | null {
  const market = describeMarket(reference);
  const common = pairCommon(reference, candles);
  const traded = new Map(
    common.flatMap(({ candle, offset }) => (candle.volume > 0 ? [[candle.openTime, offset]] : [])),
  );
  const problem = findOffsetProblem(common, market) ?? findDrift(traded, market);
  if (problem) return problem;
  const isKnown = traded.size >= MIN_TRADED_MINUTES;
  const inRange = candles.filter(({ openTime }) => openTime >= wanted.from && openTime < wanted.to);
  for (const candle of inRange) {
    const found = findDistance(candle, reference, market, isKnown);
    if (found) return found;
  }
  return null;
}

/**
 * Candles of another exchange in minutes of the reference whose close is further from Binance's than a venue of the same
 * market can be: 1 %, or 3 usual one-minute moves.
 */
export function selectOtherMarket<C extends Candle>(reference: readonly Candle[], candles: readonly C[]): C[] {
  const limit = offsetLimit(describeMarket(reference));
  const closes = closesByMinute(reference);
  return candles.filter(({ openTime, close }) => Math.abs(Math.log(close / (closes.get(openTime) ?? close))) > limit);
}

/** How the prices of the reference move, as logarithms. */
interface MarketMoves {
  /** Root mean square of the moves between the closes of adjacent minutes. */
  usual: number;
  /** The widest candle, from low to high. */
  widest: number;
}

function describeMarket(reference: readonly Candle[]): MarketMoves {
  const moves = reference.flatMap((candle, i) => {
    const before = reference[i - 1];
    return before?.openTime === candle.openTime - MINUTE_MS ? [Math.log(candle.close / before.close)] : [];
  });
  return {
    usual: moves.length > 0 ? rootMeanSquare(moves) : 0,
    widest: Math.max(...reference.map(({ high, low }) => Math.log(high / low))),
  };
}

/** A candle of the other exchange in a minute of the reference. */
interface CommonMinute {
  candle: Candle;
  /** The logarithm of its close over Binance's. */
  offset: number;
}

function pairCommon(reference: readonly Candle[], candles: readonly Candle[]): CommonMinute[] {
  const closes = closesByMinute(reference);
  return candles.flatMap((candle) => {
    const close = closes.get(candle.openTime);
    return close === undefined ? [] : [{ candle, offset: Math.log(candle.close / close) }];
  });
}

function closesByMinute(candles: readonly Candle[]): Map<Minute, number> {
  return new Map(candles.map(({ openTime, close }) => [openTime, close]));
}

function offsetLimit({ usual }: MarketMoves): number {
  return Math.max(MAX_OFFSET, MAX_OFFSET_MOVES * usual);
}

function findOffsetProblem(common: readonly CommonMinute[], market: MarketMoves): string | null {
  const offset = median(common.map((minute) => minute.offset)) ?? 0;
  const limit = offsetLimit(market);
  if (Math.abs(offset) > limit) return `its price is ${formatFactor(offset)}, ${formatLimit(limit)}`;
  if (common.length >= MIN_COMMON_MINUTES) return null;
  return `it has ${common.length} of the minutes to compare with Binance, expected at least ${MIN_COMMON_MINUTES}`;
}

function findDrift(offsets: ReadonlyMap<Minute, number>, { usual }: MarketMoves): string | null {
  if (offsets.size < MIN_TRADED_MINUTES) return null;
  const spread = medianDeviation([...offsets.values()]) ?? 0;
  if (spread <= Math.max(MIN_SPREAD, MIN_SPREAD_MOVES * usual)) return null;
  const ratio = moveOver(offsets, DRIFT_MINUTES) / moveOver(offsets, 1);
  if (!(ratio > MAX_DRIFT_RATIO)) return null; // NaN when no two minutes are that far apart
  const figures = `the offset moves ${ratio.toFixed(1)} times as far in ${DRIFT_MINUTES} min as in one`;
  return `its price does not move with Binance's: ${figures}, expected at most ${MAX_DRIFT_RATIO} times`;
}

/** Root mean square of the changes over so many minutes; NaN without one. */
function moveOver(offsets: ReadonlyMap<Minute, number>, minutes: number): number {
  const changes = [...offsets].flatMap(([minute, offset]) => {
    const before = offsets.get(minute - minutes * MINUTE_MS);
    return before === undefined ? [] : [offset - before];
  });
  return rootMeanSquare(changes);
}

function findDistance(
  candle: Candle,
  reference: readonly [Candle, ...Candle[]],
  { widest }: MarketMoves,
  isKnown: boolean,
): string | null {
  const nearest = findNearest(reference, candle.openTime);
  const minutes = Math.abs(candle.openTime - nearest.openTime) / MINUTE_MS;
  const reach = Math.min(Math.log(MAX_FACTOR), MIN_REACH + REACH_RANGES * widest * Math.sqrt(minutes));
  const limit = isKnown ? Math.max(reach, Math.log(KNOWN_MARKET_FACTOR)) : reach;
  const distances = [candle.high, candle.low].map((price) => Math.log(price / nearest.close));
  const furthest = distances.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most));
  if (Math.abs(furthest) <= limit) return null;
  return `its price is ${formatFactor(furthest)} of ${minutes} min away, ${formatLimit(limit)}`;
}

function findNearest(reference: readonly [Candle, ...Candle[]], minute: Minute): Candle {
  const distance = ({ openTime }: Candle) => Math.abs(openTime - minute);
  return reference.reduce((nearest, candle) => (distance(candle) <= distance(nearest) ? candle : nearest));
}

function distanceTo({ from, to }: MinuteRange, minute: Minute): number {
  if (minute < from) return from - minute;
  return Math.max(0, minute - (to - MINUTE_MS));
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** `113 times Binance's`, `2.41 % above Binance's`. */
function formatFactor(logarithm: number): string {
  const factor = Math.exp(logarithm);
  if (factor >= 2 || factor <= 0.5) return `${Number(factor.toPrecision(3))} times Binance's`;
  return `${(100 * Math.abs(factor - 1)).toFixed(2)} % ${factor > 1 ? 'above' : 'below'} Binance's`;
}

function formatLimit(logarithm: number): string {
  return `expected at most ${(100 * Math.expm1(logarithm)).toFixed(2)} % away`;
}
