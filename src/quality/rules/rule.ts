import type { StoredCandle } from '../../core/candle.js';
import type { Limits } from '../../core/limits.js';
import type { Minute } from '../../core/minute.js';
import type { CandleSeries } from '../../rows/candle-series.js';

/**
 * One rule by which `clean` flags rows.
 *
 * @typeParam Option names of the numbers that can be set
 */
export interface Rule<Option extends string = never> {
  /** What it flags, for the reference. */
  description: string;
  /** On unless switched off; such a rule needs no judgement about markets. */
  isDefault: boolean;
  /** The part of the evidence that it reads. */
  needs: keyof Evidence;
  options: Readonly<Record<Option, RuleOption>>;
  /** The rows that break the rule, ordered by time. */
  evaluate: (evidence: Evidence, settings: Readonly<Record<Option, number>>) => RuleMatch[];
}

/** A number of a rule that can be set. */
export interface RuleOption extends Limits {
  /** As in help: `--sigma <number>`. */
  flag: string;
  description: string;
  default: number;
  isWhole: boolean;
}

/** A row that a rule flags: what was measured, the limit that it exceeds, and both in words. */
export interface RuleMatch {
  openTime: Minute;
  value: number | null;
  threshold: number | null;
  reason: string;
}

/** What the rules read of one symbol; parts that no enabled rule needs are empty. */
export interface Evidence {
  /** Rows that are not sound. */
  unsound: readonly StoredCandle[];
  volumes: VolumeOutliers;
  /** Rows that this run moved to their minute. */
  moved: readonly MovedRow[];
  /** All sound rows, split where rows are too far apart to be compared. */
  series: readonly CandleSeries[];
}

/** A row whose timestamp was not on the whole minute. */
export interface MovedRow {
  minute: Minute;
  /** Seconds between the minute's start and the old timestamp. */
  secondsOff: number;
}

/** The volume above which a row is a spike, null where there are too few volumes for one; and the rows above it. */
export interface VolumeOutliers {
  threshold: number | null;
  above: readonly Pick<StoredCandle, 'openTime' | 'volume'>[];
}

/** A rule over the sound rows, evaluated piece by piece. */
export function overSeries<Option extends string = never>(
  rule: Omit<Rule<Option>, 'needs' | 'evaluate'> & {
    find: (series: CandleSeries, settings: Readonly<Record<Option, number>>) => RuleMatch[];
  },
): Rule<Option> {
  const { find, ...rest } = rule;
  return {
    ...rest,
    needs: 'series',
    evaluate: ({ series }, settings) => series.flatMap((piece) => find(piece, settings)),
  };
}
