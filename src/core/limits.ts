/** Between which numbers a value lies, both included. */
export interface Limits {
  min: number;
  max: number;
}

/**
 * The limits of every numeric option, for flags, the configuration file and the functions of the package alike.
 *
 * A number beyond them is a mistake, and some would delete or flag everything.
 */
export const LIMITS = {
  /** Minutes that are exported. */
  window: { min: 1, max: 5_256_000 },
  /** Rows that check-retrain looks at; also the limits of the setting `window`, which serves both commands. */
  windowRows: { min: 1, max: 1_000_000 },
  /** Days that status shows. */
  days: { min: 1, max: 366 },
  sigma: { min: 0.1, max: 100 },
  flatMinutes: { min: 2, max: 10_000 },
  keepDays: { min: 1, max: 36_500 },
  keepHistoryDays: { min: 1, max: 36_500 },
  share: { min: 0, max: 1 },
  /** Milliseconds after the end of its minute in which a row counts as known: up to ten years. */
  knownWithinMs: { min: 0, max: 3650 * 86_400_000 },
  minNewRows: { min: 1, max: 100_000_000 },
  lockWaitSeconds: { min: 0, max: 3600 },
  concurrency: { min: 1, max: 64 },
  maxWaitSeconds: { min: 0, max: 86_400 },
} as const satisfies Record<string, Limits>;

/** The values that hold where neither a call nor the configuration names another one. */
export const DEFAULTS = {
  /** Days that status shows. */
  days: 3,
  /** Standard deviations above the mean from which `clean` flags a volume. */
  sigma: 3,
  /** Unmoved candles in a row from which the rule `flat_price` flags them. */
  flatMinutes: 10,
  /** Share of replaced rows above which a training is due. */
  threshold: 0.05,
  /** 16 requests in flight use up Binance's budget of a minute while its answers take up to 300 ms. */
  concurrency: 16,
  maxWaitSeconds: 60,
  /** As long as the longest window of the indicators (a test holds that), without loading their formulas for help. */
  embargoMinutes: 60,
  lockWaitSeconds: 10,
  /** How long the program of `--exec` may run, as a duration. */
  execTimeout: '6h',
} as const;

/**
 * What a number must be, for the end of "expected ...".
 *
 * @example describeNumber({ min: 1, max: 64 }, true) // 'a whole number in the range 1 to 64'
 */
export function describeNumber({ min, max }: Limits, isWhole: boolean): string {
  return `a ${isWhole ? 'whole ' : ''}number in the range ${min} to ${max}`;
}
