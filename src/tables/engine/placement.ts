import { CHART_TABLE } from '../rolling-chart-data/columns.js';

/**
 * The tables whose rows belong to a symbol. Citus distributes them by it, all in the same way, so that the rows of a
 * symbol lie on one machine in every table and can be joined there.
 */
export const DISTRIBUTED_TABLES = [
  CHART_TABLE,
  'chartctl_changes',
  'chartctl_inserts',
  'chartctl_flags',
  'chartctl_gaps',
  'chartctl_trainings',
  'chartctl_symbols',
  'chartctl_archive_files',
] as const;

/** The tables that are about no single symbol: with Citus they stay on the coordinator, which chartctl connects to. */
export const LOCAL_TABLES = [
  'chartctl_jobs',
  'chartctl_throttle',
  'chartctl_migrations',
  'chartctl_migrations_lock',
] as const;

/** The column by which Citus distributes. */
export const DISTRIBUTION_COLUMN = 'symbol' as const;

/** The column whose ranges are the chunks of TimescaleDB. */
export const TIME_COLUMN = 'timestamp' as const;
