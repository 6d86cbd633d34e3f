import { DEFAULTS, LIMITS } from '../../core/limits.js';
import { MINUTE_MS } from '../../core/minute.js';
import type { CandleSeries } from '../../rows/candle-series.js';
import { overSeries, type RuleMatch } from './rule.js';

export const flatPrice = overSeries<'flatMinutes'>({
  description: 'consecutive minutes without movement or volume: a halt, or a filled hole',
  isDefault: false,
  options: {
    flatMinutes: {
      flag: '--flat-minutes <n>',
      description: 'rule flat_price: flag stretches of at least this many minutes',
      default: DEFAULTS.flatMinutes,
      ...LIMITS.flatMinutes,
      isWhole: true,
    },
  },
  find: (series, { flatMinutes }) => findFlatPrices(series, flatMinutes),
});

/**
 * Every row of the stretches of at least `minutes` consecutive candles with open = high = low = close and no volume.
 *
 * An exchange serves such candles while trading is halted (Binance on 2023-03-24: 72 of them), and so does software
 * that fills gaps. Markets in which minutes pass without a trade have short stretches of them. The value is the
 * stretch's length in minutes.
 */
export function findFlatPrices(series: CandleSeries, minutes: number = DEFAULTS.flatMinutes): RuleMatch[] {
  const matches: RuleMatch[] = [];
  for (let from = 0; from < series.length;) {
    const to = endOfFlat(series, from);
    const length = to - from;
    for (let i = from; length >= minutes && i < to; i += 1) {
      const reason = `one of ${length} consecutive minutes at ${series.close[i]} without volume`;
      matches.push({ openTime: series.openTime[i]!, value: length, threshold: minutes, reason });
    }
    from = Math.max(to, from + 1);
  }
  return matches;
}

/** The index after the flat stretch that begins at `from`; `from` itself where none begins. */
function endOfFlat(series: CandleSeries, from: number): number {
  let to = from;
  while (to < series.length && isFlat(series, to) && (to === from || continues(series, to))) to += 1;
  return to;
}

function isFlat({ high, low, volume }: CandleSeries, i: number): boolean {
  return volume[i] === 0 && high[i] === low[i];
}

/** Whether the candle follows the minute before it at the same price. */
function continues({ openTime, close }: CandleSeries, i: number): boolean {
  return openTime[i]! - openTime[i - 1]! === MINUTE_MS && close[i] === close[i - 1];
}
