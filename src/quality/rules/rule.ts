import type { StoredCandle } from '../../core/candle.js';
import type { Minute } from '../../core/minute.js';
import type { CandleSeries } from '../../rows/candle-series.js';

/** What a rule says of one row: what it measured, from where on that is abnormal, and both in words. */
export interface RuleMatch {
  openTime: Minute;
  value: number | null;
  threshold: number | null;
  reason: string;
}

/** A row that did not stand on its whole minute. */
export interface MovedRow {
  minute: Minute;
  /** How far behind the minute's beginning it stood, in seconds. */
  secondsOff: number;
}

/** The volume from which a row is a spike, null where there are too few volumes to say; and the rows above it. */
export interface VolumeOutliers {
  threshold: number | null;
  above: readonly Pick<StoredCandle, 'openTime' | 'volume'>[];
}

/** What there is to judge of one symbol. What no rule needs is left empty. */
export interface Evidence {
  /** Rows that are not sound. */
  unsound: readonly StoredCandle[];
  volumes: VolumeOutliers;
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

export interface Rule {
  needs: keyof Evidence;
  /** The rows that the rule names, ordered by time. */
  evaluate(evidence: Evidence, settings: RuleSettings): RuleMatch[];
}
