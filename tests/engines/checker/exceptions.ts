/** Statements that may break a rule, by the place that makes them. */
export interface Exception {
  /** How the name of the place begins. */
  site: string;
  rules: readonly string[];
  reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    site: 'src/tables/adoption/',
    rules: ['change-one-symbol', 'change-between-times', 'join-by-symbol'],
    reason: 'migrate runs them once, on the plain table of a platform, before that table is distributed',
  },
  {
    site: 'src/tables/rolling-chart-data/write-rows updateBlock',
    rules: ['no-local-table-beside'],
    reason:
      'UPDATE ... FROM chartctl_stage: Citus sends the temporary table to the one worker of the symbol, which takes ' +
      'half the time of array literals in its place',
  },
];

/** Places that make statements and are not reached by the steps. */
export interface Unreached {
  /** How the name of the place begins. */
  site: string;
  reason: string;
}

export const UNREACHED: readonly Unreached[] = [
  { site: 'src/tables/adoption/', reason: 'only migrate sends them, on the plain table of a platform' },
  {
    site: 'src/tables/engine/',
    reason: 'asks Citus or TimescaleDB by their own functions; sent by the steps on these engines',
  },
  { site: 'src/database/copy copyOutRows', reason: 'sends the statements of its callers, which are reached' },
  {
    site: 'src/tables/rolling-chart-data/statistics renewStatistics',
    reason: 'ANALYZE of a plain table that has grown by 32 MB; a table on Citus or TimescaleDB has no rows of its own',
  },
  { site: 'src/database/job-locks maintainLocks', reason: 'SELECT 1 every 30 s' },
  {
    site: 'migrations/20261122120100_remember_vouched_candles up',
    reason: 'only for flags that a version before it settled',
  },
];
