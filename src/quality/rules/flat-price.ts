import { MINUTE_MS } from '../../core/minute.js';
import type { CandleSeries } from '../../rows/candle-series.js';
import type { RuleMatch } from './rule.js';

/** Consecutive dead minutes from which on they are a stretch. */
export const DEFAULT_FLAT_MINUTES = 10;

/**
 * Stretches of at least `minutes` consecutive candles with open = high = low = close and no volume, every row of them.
 *
 * They are what an exchange serves while trading is halted (Binance on 2023-03-24: 72 of them) or what somebody filled
 * a hole with. Markets in which minutes pass without a trade have short ones by nature. The value is the stretch's
 * length in minutes.
 */
export function findFlatPrices(series: CandleSeries, minutes = DEFAULT_FLAT_MINUTES): RuleMatch[] {
  const findings: RuleMatch[] = [];
  for (let from = 0; from < series.length;) {
    const to = endOfFlat(series, from);
    const length = to - from;
    for (let i = from; length >= minutes && i < to; i += 1) {
      const reason = `one of ${length} consecutive minutes at ${series.close[i]} without volume`;
      findings.push({ openTime: series.openTime[i]!, value: length, threshold: minutes, reason });
    }
    from = Math.max(to, from + 1);
  }
  return findings;
}

/** The place after the last candle of the flat stretch that begins at a place; the place itself where none begins. */
function endOfFlat(series: CandleSeries, from: number): number {
  let to = from;
  while (to < series.length && isFlat(series, to) && (to === from || follows(series, to))) to += 1;
  return to;
}

function isFlat({ high, low, volume }: CandleSeries, i: number): boolean {
  return volume[i] === 0 && high[i] === low[i];
}

/** At the price of the minute before: a stretch stands still as a whole. */
function follows({ openTime, close }: CandleSeries, i: number): boolean {
  return openTime[i]! - openTime[i - 1]! === MINUTE_MS && close[i] === close[i - 1];
}
