import type { Knex } from 'knex';

/**
 * What a reading of the past needs: the audit log by time, and up to where an export had read it. The tables may be
 * distributed: Citus sends the text of a change to its workers, which take one command at a time.
 */
const UP = [
  'CREATE INDEX IF NOT EXISTS idx_chartctl_changes_symbol_changed_at ON chartctl_changes (symbol, changed_at)',
  'CREATE INDEX IF NOT EXISTS idx_chartctl_inserts_symbol_inserted_at ON chartctl_inserts (symbol, inserted_at)',
  'ALTER TABLE chartctl_trainings ADD COLUMN IF NOT EXISTS audited_until timestamptz',
  `COMMENT ON COLUMN chartctl_trainings.audited_until IS
    'the time of the newest entry of the audit log that the export saw: its rows are those of this time'`,
];

/** The column stays, for what an audit holds is never thrown away. The tables may be gone, when they were empty. */
const DOWN = [
  'DROP INDEX IF EXISTS idx_chartctl_changes_symbol_changed_at',
  'DROP INDEX IF EXISTS idx_chartctl_inserts_symbol_inserted_at',
];

export async function up(knex: Knex): Promise<void> {
  for (const command of UP) await knex.raw(command);
}

export async function down(knex: Knex): Promise<void> {
  for (const command of DOWN) await knex.raw(command);
}
