import { MINUTE_MS } from '../../core/minute.js';
import type { CandleSeries } from '../../rows/candle-series.js';
import { median, SortedWindow } from '../median.js';
import { overSeries, type RuleMatch } from './rule.js';

/** The number of earlier rows that excursions are compared with, and its minimum. */
const WINDOW = 600;
const MIN_WINDOW = 60;
/** Robust standard deviations above the median from which an excursion is a jump. */
const SIGMAS = 12;
/** The smallest jump, as a logarithm: in a market that hardly moves, every trade would exceed the other threshold. */
const MIN_EXCURSION = Math.log(1.005);
/** Above this multiple of the median volume, the volume explains the excursion. */
const MAX_VOLUME_RATIO = 3;
/** The standard deviation of normal values over their median deviation. */
const TO_SIGMA = 1.4826;

export const priceJump = overSeries({
  description:
    'a price that goes away and comes back within a candle or by the next one, far beyond the median and MAD of the last 600 and above 0.5 %, on no more than 3 times the median volume',
  isDefault: false,
  options: {},
  find: findPriceJumps,
});

/**
 * Price jumps that revert within their candle or by the close of the next one, and that no volume explains.
 *
 * The excursion of a candle is how far, as a logarithm, its extreme lies beyond both the close before and the nearest
 * of its own and the next close. It is a jump above `median + 12 * 1.4826 * MAD` over the excursions of the last 600
 * rows, where the spread counts as at least the median, because coarse ticks make many excursions equal; and above 0.5 %.
 * Real extremes come with volume (one-minute moves of 18 % are real): a jump with more than 3 times the median volume
 * is not flagged, and one that does not revert is no jump. The value is the excursion as a share of the price.
 *
 * Where most minutes do not move at all, there is no usual excursion and nothing is flagged.
 *
 * Source: Hampel's identifier (median and MAD) as in Pearson, "Mining Imperfect Data", 2005.
 */
export function findPriceJumps(series: CandleSeries): RuleMatch[] {
  const usual = new SortedWindow(WINDOW);
  const matches: RuleMatch[] = [];
  let known = 0; // the window holds the excursions before this index
  for (let i = 0; i < series.length; i += 1) {
    const excursion = excursionAt(series, i);
    if (excursion <= MIN_EXCURSION) continue;
    for (known = Math.max(known, i - WINDOW); known < i; known += 1) usual.add(excursionAt(series, known));
    const threshold = thresholdFor(excursion, usual);
    if (threshold === null) continue;
    const usualVolume = median(series.volume.subarray(Math.max(0, i - WINDOW), i)) ?? NaN;
    const volume = series.volume[i]!;
    if (volume > MAX_VOLUME_RATIO * usualVolume) continue;
    matches.push(toMatch(series.openTime[i]!, excursion, threshold, volume / usualVolume));
  }
  return matches;
}

/** How far the price moved and reverted, up or down, as a logarithm; 0 where it did not revert. */
function excursionAt({ length, openTime, open, high, low, close }: CandleSeries, i: number): number {
  const hasBefore = i > 0 && openTime[i]! - openTime[i - 1]! === MINUTE_MS;
  const hasAfter = i + 1 < length && openTime[i + 1]! - openTime[i]! === MINUTE_MS;
  const before = hasBefore ? close[i - 1]! : open[i]!;
  const after = hasAfter ? close[i + 1]! : close[i]!;
  const up = high[i]! / Math.max(before, Math.min(close[i]!, after));
  const down = Math.min(before, Math.max(close[i]!, after)) / low[i]!;
  return Math.log(Math.max(1, up, down));
}

/** The threshold that an excursion exceeds; null when it does not, or when there is no usual excursion. */
function thresholdFor(excursion: number, usual: SortedWindow): number | null {
  const middle = usual.median();
  if (usual.size < MIN_WINDOW || middle === 0) return null;
  const threshold = middle + SIGMAS * Math.max(middle, TO_SIGMA * usual.medianDeviation());
  return excursion > threshold ? Math.max(MIN_EXCURSION, threshold) : null;
}

function toMatch(openTime: number, excursion: number, threshold: number, volumeRatio: number): RuleMatch {
  const [value, limit] = [Math.expm1(excursion), Math.expm1(threshold)];
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const reason = `the price moved by ${percent(value)} and reverted, on ${volumeRatio.toFixed(1)} times the median volume; the limit is ${percent(limit)}`;
  return { openTime, value, threshold: limit, reason };
}
