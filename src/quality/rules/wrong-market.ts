import type { CandleSeries } from '../../rows/candle-series.js';
import { median } from '../median.js';
import { findMarketBreaks, LEVEL_FACTOR, type MarketBreak, toTrades, type Trades } from './market-breaks.js';
import { overSeries, type RuleMatch } from './rule.js';

/** Trades on each side from which the ratio of whole stretches is measured. */
const WIDE_SIDE = 60;
/** The factor from which a change of level that never reverts is another market's. */
const LASTING_FACTOR = 40;
/** The least factor between a stretch's own level and the levels around it. */
const MIN_FACTOR = 2;
/** Two price shifts are one offset, there and back, when neither exceeds the other by more than this factor. */
const MAX_OFFSET_RATIO = 2;

export const wrongMarket = overSeries({
  description:
    'a stretch whose volume level changes at once by 15, or by 2 with a jump between two candles, and turns back; or by 40 for good',
  isDefault: false,
  options: {},
  find: findWrongMarkets,
});

/**
 * Every row of the stretches that came from another market than the rows around them.
 *
 * They begin where the volume level changes at once by a factor of 15 (Binance.US has 1/420 of Binance's volume), or
 * by 2 with a price shift between two candles that is much wider than all others (futures trade at a constant offset),
 * and they end where both revert. A change of level that never reverts must be larger: by a factor of 40 between the
 * medians of 60 rows on either side, and of all rows. Of two markets the one with fewer rows is the wrong one. Rows
 * with the source FALLBACK are neither flagged nor compared with.
 *
 * The value is the volume level of the stretch over that of the rows around it, the threshold the factor that it
 * exceeds, either way; the reason also names the price shift.
 */
export function findWrongMarkets(series: CandleSeries): RuleMatch[] {
  const trades = toTrades(series);
  const { length } = trades.indices;
  const found = findStretches(trades, findMarketBreaks(trades));
  const wrong = 2 * countTrades(found) > length ? complement(found, length) : found;
  return wrong.flatMap((stretch) => describeStretch(trades, stretch));
}

/** The trades of another market: indices `from` up to, not including, `to`. */
interface Stretch {
  from: number;
  to: number;
  /** The price shift at its beginning. */
  priceShift: number;
}

function findStretches(trades: Trades, breaks: readonly MarketBreak[]): Stretch[] {
  const { length } = trades.logVolume;
  let stretches: Stretch[] = [];
  for (let i = 0; i < breaks.length; i += 1) {
    const { at, priceShift } = breaks[i]!;
    const back = breaks.findIndex((other, j) => j > i && isReturn(breaks[i]!, other, trades));
    if (back > i) {
      stretches.push({ from: at, to: breaks[back]!.at, priceShift });
      i = back;
    } else if (isLasting(breaks[i]!, trades)) {
      if (at > length - at) return [...stretches, { from: at, to: length, priceShift }];
      stretches = [{ from: 0, to: at, priceShift: -priceShift }]; // it includes all stretches so far
    }
  }
  return stretches;
}

/** Whether the second break reverts the first. */
function isReturn(there: MarketBreak, back: MarketBreak, trades: Trades): boolean {
  const step = there.after - there.before;
  if (step * (back.after - back.before) >= 0) return false;
  if (Math.abs(back.after - there.before) > Math.abs(step) / 2 + Math.log(MIN_FACTOR)) return false;
  const ratio = -there.priceShift / back.priceShift;
  const isOneOffset = ratio >= 1 / MAX_OFFSET_RATIO && ratio <= MAX_OFFSET_RATIO;
  if (!isOneOffset && !there.isLevelChange && !back.isLevelChange) return false;
  const difference = Math.abs(Math.log(volumeRatio(trades, there.at, back.at)));
  return difference >= Math.max(Math.log(MIN_FACTOR), Math.abs(step) / 2);
}

/** Whether the level stays changed, right around the break and over all trades. */
function isLasting({ at, isLevelChange }: MarketBreak, { logVolume }: Trades): boolean {
  if (!isLevelChange || Math.min(at, logVolume.length - at) < WIDE_SIDE) return false;
  return [WIDE_SIDE, logVolume.length].every((side) => {
    const [before, after] = [logVolume.subarray(Math.max(0, at - side), at), logVolume.subarray(at, at + side)];
    return Math.abs(median(after)! - median(before)!) >= Math.log(LASTING_FACTOR);
  });
}

/** The volume level of some trades over that of those on both sides. */
function volumeRatio({ logVolume }: Trades, from: number, to: number): number {
  const around = [
    ...logVolume.subarray(Math.max(0, from - WIDE_SIDE), from),
    ...logVolume.subarray(to, to + WIDE_SIDE),
  ];
  return Math.exp(median(logVolume.subarray(from, to))! - median(around)!);
}

function countTrades(stretches: readonly Stretch[]): number {
  return stretches.reduce((total, { from, to }) => total + to - from, 0);
}

/** The stretches between and around the given ones. */
function complement(stretches: readonly Stretch[], length: number): Stretch[] {
  const edges = [{ from: 0, to: 0, priceShift: 0 }, ...stretches];
  return edges
    .map(({ to, priceShift }, i) => ({ from: to, to: stretches[i]?.from ?? length, priceShift: -priceShift }))
    .filter(({ from, to }) => to > from);
}

function describeStretch(trades: Trades, { from, to, priceShift }: Stretch): RuleMatch[] {
  const { series, indices } = trades;
  const ratio = volumeRatio(trades, from, to);
  const factor = priceShift === 0 ? LEVEL_FACTOR : MIN_FACTOR;
  const [start, end] = [from === 0 ? 0 : indices[from]!, indices[to] ?? series.length];
  const rows = Array.from({ length: end - start }, (_, i) => start + i).filter((i) => series.isFallback[i] === 0);
  const jump =
    priceShift === 0
      ? ''
      : `, after a price jump of ${(100 * Math.expm1(priceShift)).toFixed(3)} % between two candles`;
  const reason = `one of ${rows.length} rows with ${Number(ratio.toPrecision(3))} times the volume of the rows around them${jump}`;
  const threshold = ratio > 1 ? factor : 1 / factor;
  return rows.map((i) => ({ openTime: series.openTime[i]!, value: ratio, threshold, reason }));
}
