import type { CandleSeries } from '../../rows/candle-series.js';
import { LazyMedian, SortedWindow } from '../median.js';
import type { RuleMatch } from './rule.js';

/** Neighbours that say what is usual, and how many of them are needed. */
const WINDOW = 600;
const MIN_WINDOW = 60;
/** How far a volume may lie from the expected one, either way, and still be it. */
const TOLERANCE = 10;
/** Prices nearer to 1 than this, either way, do not tell the units apart: volumes vary as much by themselves. */
const MIN_PRICE_FACTOR = TOLERANCE ** 2;
/** A real burst of volume moves the price: its range is beyond this multiple of the median one. */
const MAX_RANGE_RATIO = 3;

/**
 * Volumes in units of the quote asset among volumes in units of the base asset (or the other way round).
 *
 * A row's volume is of the wrong unit when it lies within a factor of 10 of the neighbours' median volume times the
 * price (or divided by it) and the candle's range is none that so much volume would make (or so little). The
 * neighbours are up to 600 rows whose own volume was found right. Behind a row that was found wrong it is enough that
 * the volume is nearer to that than to the median. Prices between 0.01 and 100 say nothing.
 *
 * Read forwards and backwards, the reading that accuses fewer rows counts: the first rows may be the wrong ones. The
 * value is the volume over the neighbours' median, the threshold the ratio that it lies beyond.
 */
export function findVolumeUnits(series: CandleSeries): RuleMatch[] {
  if (!series.close.some((price) => distinguishesUnits(price) || distinguishesUnits(1 / price))) return [];
  const forwards = scanVolumes(series, 1);
  if (forwards.length === 0) return [];
  const backwards = scanVolumes(series, -1);
  return backwards.length < forwards.length ? backwards.reverse() : forwards;
}

function scanVolumes(series: CandleSeries, step: 1 | -1): RuleMatch[] {
  const { length } = series;
  const volumes = new SortedWindow(WINDOW);
  const ranges = new LazyMedian(WINDOW, length, (place) => rangeAt(series, place));
  const findings: RuleMatch[] = [];
  let isInStretch = false;
  for (let i = step > 0 ? 0 : length - 1; i >= 0 && i < length; i += step) {
    const volume = series.volume[i]!;
    if (volume === 0) continue;
    const ratio = volume / volumes.median();
    const relativeRange = () => rangeAt(series, i) / ranges.median();
    const isJudged = volumes.size >= MIN_WINDOW;
    const threshold: number | null = isJudged
      ? thresholdFor(ratio, series.close[i]!, relativeRange, isInStretch)
      : null;
    isInStretch = threshold !== null;
    if (threshold === null) {
      volumes.add(volume);
      ranges.add(i);
    } else findings.push(toMatch(series, i, ratio, threshold));
  }
  return findings;
}

/** How far a candle reaches from its low to its high, as a logarithm. */
function rangeAt({ high, low }: CandleSeries, i: number): number {
  return Math.log(high[i]! / low[i]!);
}

/** Whether a volume of the other unit would differ enough from the usual ones to be told from them. */
function distinguishesUnits(factor: number): boolean {
  return Math.max(factor, 1 / factor) >= MIN_PRICE_FACTOR;
}

/** The bound that the ratio lies beyond; null where the volume is of the usual unit, or the price does not tell. */
function thresholdFor(ratio: number, price: number, relativeRange: () => number, isInStretch: boolean): number | null {
  for (const expected of [price, 1 / price]) {
    if (!distinguishesUnits(expected)) continue;
    const off = Math.abs(Math.log(ratio / expected));
    const isOrdinary = () =>
      expected > 1 ? relativeRange() <= MAX_RANGE_RATIO : relativeRange() >= 1 / MAX_RANGE_RATIO;
    const isExpected = off <= Math.log(TOLERANCE) && isOrdinary();
    const isNearer = isInStretch && off < Math.abs(Math.log(ratio));
    if (isExpected || isNearer) return isNearer ? Math.sqrt(expected) : expected * TOLERANCE ** (expected > 1 ? -1 : 1);
  }
  return null;
}

function toMatch({ openTime, volume, close }: CandleSeries, i: number, value: number, threshold: number): RuleMatch {
  const way = threshold > 1 ? 'times' : 'divided by';
  const usual = Number((volume[i]! / value).toPrecision(3));
  const reason = `volume ${volume[i]} is about the neighbours' median ${usual} ${way} the price ${close[i]}`;
  return { openTime: openTime[i]!, value, threshold, reason };
}
