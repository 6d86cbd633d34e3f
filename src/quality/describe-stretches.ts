import { isSound, type Candle } from '../core/candle.js';
import { MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import type { Comparison } from './compare-with-exchange.js';
import { median } from './median.js';
import type { RowClass } from '../core/row-class.js';

/** Neighbouring minutes of one class; the figures are null where no minute has a sound candle on both sides. */
export interface ComparedStretch extends MinuteRange {
  class: RowClass;
  /** The largest distance of a stored close from the exchange's, in percent of it, with its sign. */
  closeDifferencePercent: number | null;
  /** The median of these distances, in basis points. */
  closeOffsetBp: number | null;
  /** The median of stored volume over the exchange's, minutes without trades left out; null also where there is none. */
  volumeRatio: number | null;
}

/** Joins neighbouring minutes of one class, in order. */
export function describeStretches(compared: readonly Comparison[]): ComparedStretch[] {
  const stretches: Comparison[][] = [];
  for (const item of compared) {
    const last = stretches.at(-1)?.at(-1);
    if (last?.class === item.class && last.openTime + MINUTE_MS === item.openTime) stretches.at(-1)!.push(item);
    else stretches.push([item]);
  }
  return stretches.map((items) => ({
    class: items[0]!.class,
    from: items[0]!.openTime,
    to: items.at(-1)!.openTime + MINUTE_MS,
    ...measure(items),
  }));
}

function measure(items: readonly Comparison[]): Omit<ComparedStretch, 'class' | 'from' | 'to'> {
  const pairs = items.flatMap(({ stored, exchange }): [Candle, Candle][] =>
    stored && exchange && isSound(stored) ? [[stored, exchange]] : [],
  );
  const differences = pairs.map(([stored, exchange]) => stored.close / exchange.close - 1);
  const offset = median(differences);
  const largest = differences.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  const traded = pairs.filter(([, exchange]) => exchange.volume > 0);
  return {
    closeDifferencePercent: offset === null ? null : 100 * largest,
    closeOffsetBp: offset === null ? null : 10_000 * offset,
    volumeRatio: median(traded.map(([stored, exchange]) => stored.volume / exchange.volume)),
  };
}
