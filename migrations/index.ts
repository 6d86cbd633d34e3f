import type { Knex } from 'knex';
import * as createAuditTables from './20261122100000_create_audit_tables.js';
import * as createRollingChartData from './20261122100100_create_rolling_chart_data.js';
import * as createTrainingView from './20261122100200_create_training_view.js';
import * as recordInsertsAndFlags from './20261122120000_record_inserts_and_flags.js';
import * as rememberVouchedCandles from './20261122120100_remember_vouched_candles.js';
import * as readNullMarks from './20261122120200_read_null_marks.js';
import * as tellDeadJobs from './20261122130000_tell_dead_jobs.js';

/** One migration under the name that the database remembers: without extension, so that .ts and .js are the same. */
export interface MigrationEntry {
  name: string;
  /** A sentence for people: what applying it does. */
  does: string;
  migration: Knex.Migration;
}

/** The migration that meets a table of the platform's own. */
export const CREATES_CHART_TABLE = '20261122100100_create_rolling_chart_data';

/** The migration that makes the view, whose name must be free. */
export const CREATES_TRAINING_VIEW = '20261122100200_create_training_view';

/** Every migration in order. Once released they are never renamed or edited. */
export const MIGRATIONS: readonly MigrationEntry[] = [
  {
    name: '20261122100000_create_audit_tables',
    does: 'create the tables beside the candles: jobs, changes, flags, gaps, trainings, throttle (all chartctl_...)',
    migration: createAuditTables,
  },
  {
    name: CREATES_CHART_TABLE,
    does: 'create rolling_chart_data with its unique index idx_symbol_timestamp and a comment on every column',
    migration: createRollingChartData,
  },
  {
    name: CREATES_TRAINING_VIEW,
    does: 'create the view training_chart_data: the rows a model may be trained on',
    migration: createTrainingView,
  },
  {
    name: '20261122120000_record_inserts_and_flags',
    does: 'remember which rows a job inserted and how flags stood before a change, so that it can be undone',
    migration: recordInsertsAndFlags,
  },
  {
    name: '20261122120100_remember_vouched_candles',
    does: 'remember the whole candle that was vouched for when a flag was lifted, beside what the rule measured',
    migration: rememberVouchedCandles,
  },
  {
    name: '20261122120200_read_null_marks',
    does: 'let training_chart_data read a NULL hasMissingData as not flagged and a NULL source as BINANCE',
    migration: readNullMarks,
  },
  {
    name: '20261122130000_tell_dead_jobs',
    does: 'let chartctl_jobs say of a job that its process died',
    migration: tellDeadJobs,
  },
];

/** Static imports instead of a directory: the same names whether it runs from .ts or from compiled .js. */
export const migrationSource: Knex.MigrationSource<MigrationEntry> = {
  getMigrations: () => Promise.resolve([...MIGRATIONS]),
  getMigrationName: (entry) => entry.name,
  getMigration: (entry) => Promise.resolve(entry.migration),
};

/** What Knex needs to know, in the program and in `knexfile.ts` alike. */
export const migrationConfig: Knex.MigratorConfig = { migrationSource, tableName: 'chartctl_migrations' };
