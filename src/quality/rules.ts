import type { StoredCandle } from '../core/candle.js';
import type { CandleSeries } from '../core/candle-series.js';
import type { CleanRule } from '../core/flag-rules.js';
import type { Finding } from './finding.js';
import { findFlatPrices } from './flat-price.js';
import { describeOffMinute, type MovedRow } from './off-minute.js';
import { findPriceJumps } from './price-jump.js';
import { findFault } from './unsound.js';
import { isVolumeSpike, type JudgedVolumes } from './volume-spike.js';
import { findVolumeUnits } from './volume-unit.js';
import { findWrongMarkets } from './wrong-market.js';

/** What there is to judge of one symbol. What no rule needs is left empty. */
export interface Evidence {
  /** Rows that are not sound. */
  unsound: readonly StoredCandle[];
  volumes: JudgedVolumes;
  /** Rows that were moved to their minute just now. */
  moved: readonly MovedRow[];
  /** All sound rows, in pieces that are too far apart to tell something of each other. */
  series: readonly CandleSeries[];
}

/** What people may set. */
export interface RuleSettings {
  /** Standard deviations above the mean from which a volume is a spike. */
  sigma: number;
  /** Consecutive dead minutes from which on they are a stretch. */
  flatMinutes: number;
}

interface Rule {
  needs: keyof Evidence;
  /** The rows that the rule names, ordered by time. */
  evaluate(evidence: Evidence, settings: RuleSettings): Finding[];
}

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

function overSeries(find: (series: CandleSeries, settings: RuleSettings) => Finding[]): Rule {
  return { needs: 'series', evaluate: ({ series }, settings) => series.flatMap((piece) => find(piece, settings)) };
}
