import type { CandleSeries } from '../../rows/candle-series.js';
import { LazyMedian, SortedWindow } from '../median.js';
import { overSeries, type RuleMatch } from './rule.js';

/** The number of neighbouring rows that volumes are compared with, and its minimum. */
const WINDOW = 600;
const MIN_WINDOW = 60;
/** The factor, either way, within which a volume counts as the expected one. */
const TOLERANCE = 10;
/** Prices within this factor of 1, either way, do not distinguish the units: volumes themselves vary as much. */
const MIN_PRICE_FACTOR = TOLERANCE ** 2;
/** A real burst of volume moves the price: the range of its candle is above this multiple of the median range. */
const MAX_RANGE_RATIO = 3;

export const volumeUnit = overSeries({
  description:
    "a volume near the neighbours' median times the price, or divided by it (prices between 0.01 and 100 do not tell)",
  isDefault: false,
  options: {},
  find: findVolumeUnits,
});

/**
 * Volumes in units of the quote asset among volumes in units of the base asset (or the other way round).
 *
 * A row's volume is of the wrong unit when it lies within a factor of 10 of the neighbours' median volume times the
 * price (or divided by it) and the candle's range does not fit so much volume (or so little). The neighbours are up to
 * 600 rows whose own volume was found right. After a row that was found wrong it is enough that the volume is nearer
 * to the other unit than to the median. Prices between 0.01 and 100 do not distinguish the units.
 *
 * The series is scanned forwards and backwards, and the scan with fewer matches counts: the first rows may be the wrong
 * ones. The value is the volume over the neighbours' median, the threshold the ratio that it exceeds, either way.
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
  const ranges = new LazyMedian(WINDOW, length, (index) => rangeAt(series, index));
  const matches: RuleMatch[] = [];
  let isInStretch = false;
  for (let i = step > 0 ? 0 : length - 1; i >= 0 && i < length; i += step) {
    const volume = series.volume[i]!;
    if (volume === 0) continue;
    const ratio = volume / volumes.median();
    const relativeRange = () => rangeAt(series, i) / ranges.median();
    const hasWindow = volumes.size >= MIN_WINDOW;
    const threshold: number | null = hasWindow
      ? thresholdFor(ratio, series.close[i]!, relativeRange, isInStretch)
      : null;
    isInStretch = threshold !== null;
    if (threshold === null) {
      volumes.add(volume);
      ranges.add(i);
    } else matches.push(toMatch(series, i, ratio, threshold));
  }
  return matches;
}

/** The distance from a candle's low to its high, as a logarithm. */
function rangeAt({ high, low }: CandleSeries, i: number): number {
  return Math.log(high[i]! / low[i]!);
}

/** Whether volumes of the two units differ by more than volumes of one unit do among themselves. */
function distinguishesUnits(factor: number): boolean {
  return Math.max(factor, 1 / factor) >= MIN_PRICE_FACTOR;
}

/** The bound that the ratio exceeds; null where the volume is of the usual unit, or the price does not distinguish. */
function thresholdFor(ratio: number, price: number, relativeRange: () => number, isInStretch: boolean): number | null {
  for (const expected of [price, 1 / price]) {
    if (!distinguishesUnits(expected)) continue;
    const distance = Math.abs(Math.log(ratio / expected));
    const isUsualRange = () =>
      expected > 1 ? relativeRange() <= MAX_RANGE_RATIO : relativeRange() >= 1 / MAX_RANGE_RATIO;
    const isExpected = distance <= Math.log(TOLERANCE) && isUsualRange();
    const isNearer = isInStretch && distance < Math.abs(Math.log(ratio));
    if (isExpected || isNearer) return isNearer ? Math.sqrt(expected) : expected * TOLERANCE ** (expected > 1 ? -1 : 1);
  }
  return null;
}

function toMatch({ openTime, volume, close }: CandleSeries, i: number, value: number, threshold: number): RuleMatch {
  const operation = threshold > 1 ? 'times' : 'divided by';
  const usual = Number((volume[i]! / value).toPrecision(3));
  const reason = `volume ${volume[i]} is about the neighbours' median ${usual} ${operation} the price ${close[i]}`;
  return { openTime: openTime[i]!, value, threshold, reason };
}
