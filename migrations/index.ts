import type { Knex } from 'knex';
import * as createAuditTables from './20261122100000_create_audit_tables.js';
import * as createRollingChartData from './20261122100100_create_rolling_chart_data.js';
import * as createTrainingView from './20261122100200_create_training_view.js';
import * as recordInsertsAndFlags from './20261122120000_record_inserts_and_flags.js';
import * as rememberVouchedCandles from './20261122120100_remember_vouched_candles.js';
import * as readNullMarks from './20261122120200_read_null_marks.js';
import * as tellDeadJobs from './20261122130000_tell_dead_jobs.js';
import * as requireIndicatorsInView from './20261130110000_require_indicators_in_view.js';
import * as createSymbols from './20261130110100_create_symbols.js';
import * as createArchiveFiles from './20261130190000_create_archive_files.js';
import * as findChangesByTime from './20261201010000_find_changes_by_time.js';

/** A migration and the name that the database stores: without extension, so that .ts and .js are the same migration. */
export interface MigrationEntry {
  name: string;
  /** What applying it does; `chartctl migrate --dry-run` prints it. */
  does: string;
  migration: Knex.Migration;
}

/** The migration that creates the chart table, or finds an existing one, which has to be adopted before. */
export const CREATES_CHART_TABLE = '20261122100100_create_rolling_chart_data';

/** The migration that creates the view; no other object may have its name. */
export const CREATES_TRAINING_VIEW = '20261122100200_create_training_view';

/** Every migration, in order. A released migration is never renamed or edited. */
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
    does: 'record inserted rows, and the flags before a change, so that jobs can be undone',
    migration: recordInsertsAndFlags,
  },
  {
    name: '20261122120100_remember_vouched_candles',
    does: 'store with a settled flag the whole candle that was confirmed, beside the value that the rule measured',
    migration: rememberVouchedCandles,
  },
  {
    name: '20261122120200_read_null_marks',
    does: 'let training_chart_data read a NULL hasMissingData as not flagged and a NULL source as BINANCE',
    migration: readNullMarks,
  },
  {
    name: '20261122130000_tell_dead_jobs',
    does: 'allow the outcome "died" in chartctl_jobs',
    migration: tellDeadJobs,
  },
  {
    name: '20261130110000_require_indicators_in_view',
    does: 'leave rows without all 13 indicators out of training_chart_data, whatever isComplete says',
    migration: requireIndicatorsInView,
  },
  {
    name: '20261130110100_create_symbols',
    does: 'create chartctl_symbols, the list of retired symbols',
    migration: createSymbols,
  },
  {
    name: '20261130190000_create_archive_files',
    does: "create chartctl_archive_files, the files of Binance's archive that rows came from",
    migration: createArchiveFiles,
  },
  {
    name: '20261201010000_find_changes_by_time',
    does: 'index the audit log by time, and record with an export up to where it had read the log',
    migration: findChangesByTime,
  },
];

/** Migrations from static imports, so that their names are the same in .ts and compiled .js, and the bundle has them. */
export const migrationSource: Knex.MigrationSource<MigrationEntry> = {
  getMigrations: () => Promise.resolve([...MIGRATIONS]),
  getMigrationName: (entry) => entry.name,
  getMigration: (entry) => Promise.resolve(entry.migration),
};

/** The configuration of Knex's migrator, for the program and for `knexfile.ts`. */
export const migrationConfig: Knex.MigratorConfig = { migrationSource, tableName: 'chartctl_migrations' };
