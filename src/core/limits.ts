/** Between which numbers a value lies, both included. */
export interface Limits {
  min: number;
  max: number;
}

/**
 * The limits of what can be set, whoever sets it: a flag, the configuration, or a program. Beyond them a number is a
 * slip, and some would delete or flag everything.
 */
export const LIMITS = {
  /** Minutes that are exported. */
  window: { min: 1, max: 5_256_000 },
  /** Rows that check-retrain looks at; also what may be configured for both. */
  windowRows: { min: 1, max: 1_000_000 },
  /** Days that status shows. */
  days: { min: 1, max: 366 },
  sigma: { min: 0.1, max: 100 },
  flatMinutes: { min: 2, max: 10_000 },
  keepDays: { min: 1, max: 36_500 },
  keepHistoryDays: { min: 1, max: 36_500 },
  share: { min: 0, max: 1 },
  minNewRows: { min: 1, max: 100_000_000 },
  lockWaitSeconds: { min: 0, max: 3600 },
} as const satisfies Record<string, Limits>;
