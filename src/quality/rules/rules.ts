import type { CandleSeries } from '../../rows/candle-series.js';
import { findFlatPrices } from './flat-price.js';
import { describeOffMinute } from './off-minute.js';
import { findPriceJumps } from './price-jump.js';
import type { Rule, RuleMatch, RuleSettings } from './rule.js';
import { findFault } from './unsound.js';
import { isVolumeSpike } from './volume-spike.js';
import { findVolumeUnits } from './volume-unit.js';
import { findWrongMarkets } from './wrong-market.js';

/** The rules by which `clean` can flag rows, the most telling first, with what each looks for. */
export const CLEAN_RULES = {
  unsound: 'a candle that cannot be',
  off_minute: 'a timestamp that was off the whole minute',
  wrong_market: 'a stretch of rows of another market',
  volume_unit: 'a volume in units of the quote asset',
  price_jump: 'a price jump that reverts and that no volume explains',
  flat_price: 'a stretch of candles without any movement or trade',
  volume_spike: 'a volume far above the mean',
} as const;

export type CleanRule = keyof typeof CLEAN_RULES;

export const CLEAN_RULE_NAMES = Object.keys(CLEAN_RULES) as CleanRule[];

/** Without being asked for more, `clean` goes by these: they need no judgement about markets. */
export const DEFAULT_RULES: readonly CleanRule[] = ['unsound', 'volume_spike'];

/** What `verify` flags rows for beside an unsound candle and another market: how they differ from the exchange's answer. */
export type VerifyRule = 'revised' | 'partial' | 'fallback' | 'different' | 'absent';

/** Why a row is flagged; `external`: somebody's SQL set `hasMissingData`. */
export type FlagRule = CleanRule | VerifyRule | 'external';

/** Every rule by which `clean` flags rows: what it looks at, and how it judges. */
export const RULES: Readonly<Record<CleanRule, Rule>> = {
  unsound: {
    needs: 'unsound',
    evaluate: ({ unsound }) =>
      unsound.flatMap((candle) => {
        const fault = findFault(candle);
        return fault ? [{ openTime: candle.openTime, ...fault }] : [];
      }),
  },
  off_minute: { needs: 'moved', evaluate: ({ moved }) => moved.map(describeOffMinute) },
  wrong_market: overSeries(findWrongMarkets),
  volume_unit: overSeries(findVolumeUnits),
  price_jump: overSeries(findPriceJumps),
  flat_price: overSeries((series, { flatMinutes }) => findFlatPrices(series, flatMinutes)),
  volume_spike: {
    needs: 'volumes',
    evaluate: ({ volumes: { threshold, above } }, { sigma }) =>
      above.flatMap(({ openTime, volume }) => {
        if (threshold === null || !isVolumeSpike(volume, threshold)) return [];
        const reason = `volume ${volume} is above mean + ${sigma} sigma = ${threshold}`;
        return [{ openTime, value: volume, threshold, reason }];
      }),
  },
};

function overSeries(find: (series: CandleSeries, settings: RuleSettings) => RuleMatch[]): Rule {
  return { needs: 'series', evaluate: ({ series }, settings) => series.flatMap((piece) => find(piece, settings)) };
}
