/** Where a table is on a distributed PostgreSQL. `catalog`: PostgreSQL's own, which is on every server. */
export type Placement = 'distributed' | 'local' | 'catalog' | 'unknown';

/** Distributed by `symbol`, all co-located with the candles; or local on the coordinator. */
const PLACEMENTS: Readonly<Record<string, Placement>> = {
  rolling_chart_data: 'distributed',
  training_chart_data: 'distributed',
  chartctl_changes: 'distributed',
  chartctl_flags: 'distributed',
  chartctl_gaps: 'distributed',
  chartctl_inserts: 'distributed',
  chartctl_symbols: 'distributed',
  chartctl_archive_files: 'distributed',
  chartctl_trainings: 'distributed',
  chartctl_jobs: 'local',
  chartctl_throttle: 'local',
  chartctl_migrations: 'local',
  chartctl_migrations_lock: 'local',
  // temporary tables of a transaction
  chartctl_stage: 'local',
  chartctl_undo: 'local',
};

/** The table of candles and its view: a hypertable by `timestamp`, too. */
export const CHART_TABLES: readonly string[] = ['rolling_chart_data', 'training_chart_data'];

/** The placement of a table by its name, and by its schema where the statement names one. */
export function placementOf(name: string, schema?: unknown): Placement {
  if (schema === 'pg_catalog' || schema === 'information_schema' || name.startsWith('pg_')) return 'catalog';
  return PLACEMENTS[name] ?? 'unknown';
}
