import type { Knex } from 'knex';

const TABLES = [
  'chartctl_jobs',
  'chartctl_changes',
  'chartctl_flags',
  'chartctl_gaps',
  'chartctl_trainings',
  'chartctl_throttle',
];

/** The tables beside the chart data. Those that an earlier rollback kept, because they hold rows, are taken up again. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE IF NOT EXISTS chartctl_jobs (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      command text NOT NULL,
      arguments jsonb,
      host text,
      pid int,
      version text,
      started_at timestamptz NOT NULL,
      finished_at timestamptz,
      outcome text NOT NULL DEFAULT 'running'
        CHECK (outcome IN ('running', 'done', 'incomplete', 'failed', 'interrupted', 'locked', 'temporary')),
      exit_code int,
      counts jsonb,
      symbols text[],
      error text
    );
    COMMENT ON TABLE chartctl_jobs IS 'One row for each execution of a chartctl command that may write';

    CREATE TABLE IF NOT EXISTS chartctl_changes (
      symbol text,
      timestamp timestamptz,
      job_id bigint,
      sequence int NOT NULL,
      action text NOT NULL,
      reason text,
      before jsonb,
      changed_at timestamptz NOT NULL
    );
    CREATE INDEX IF NOT EXISTS idx_chartctl_changes_symbol_timestamp ON chartctl_changes (symbol, timestamp);
    CREATE INDEX IF NOT EXISTS idx_chartctl_changes_job_id ON chartctl_changes (job_id);
    COMMENT ON TABLE chartctl_changes IS
      'Every stored row whose candle, source or flag changed or that was deleted, as it was before';

    CREATE TABLE IF NOT EXISTS chartctl_flags (
      symbol text NOT NULL,
      timestamp timestamptz NOT NULL,
      rule text NOT NULL,
      value double precision,
      threshold double precision,
      state text NOT NULL CHECK (state IN ('open', 'confirmed', 'accepted', 'repaired')),
      kept boolean NOT NULL DEFAULT false,
      reason text,
      job_id bigint,
      set_at timestamptz NOT NULL,
      settled_at timestamptz,
      UNIQUE (symbol, timestamp, rule)
    );
    COMMENT ON TABLE chartctl_flags IS 'Why rows were flagged (hasMissingData), and what became of it';
    COMMENT ON COLUMN chartctl_flags.kept IS 'confirmed by the exchange, and left flagged because that was asked for';

    CREATE TABLE IF NOT EXISTS chartctl_gaps (
      symbol text NOT NULL,
      from_time timestamptz NOT NULL,
      to_time timestamptz NOT NULL,
      cause text,
      asked_at timestamptz,
      ask_again_at timestamptz,
      asked_count int NOT NULL DEFAULT 0,
      job_id bigint,
      UNIQUE (symbol, from_time)
    );
    COMMENT ON TABLE chartctl_gaps IS 'Stretches [from_time, to_time) that the exchange itself says it does not have';

    CREATE TABLE IF NOT EXISTS chartctl_trainings (
      job_id bigint,
      kind text NOT NULL CHECK (kind IN ('mark', 'export')),
      symbol text NOT NULL,
      trained_at timestamptz NOT NULL,
      from_time timestamptz,
      to_time timestamptz,
      rows bigint,
      written_until timestamptz,
      file text,
      sha256 text
    );
    CREATE INDEX IF NOT EXISTS idx_chartctl_trainings_symbol_trained_at ON chartctl_trainings (symbol, trained_at);
    COMMENT ON TABLE chartctl_trainings IS 'What was exported or trained, when and over which rows';
    COMMENT ON COLUMN chartctl_trainings.written_until IS 'the greatest written_at among the rows';

    CREATE TABLE IF NOT EXISTS chartctl_throttle (
      host text PRIMARY KEY,
      until timestamptz NOT NULL,
      reason text,
      recorded_at timestamptz NOT NULL
    );
    COMMENT ON TABLE chartctl_throttle IS 'Exchanges that must not be asked until a time: a ban or a spent budget';
  `);
}

/** Drops the tables that are empty: what an audit holds is never thrown away. */
export async function down(knex: Knex): Promise<void> {
  for (const table of TABLES) {
    const held = await knex.raw<{ rows: unknown[] }>(`SELECT 1 FROM ${table} LIMIT 1`);
    if (held.rows.length === 0) await knex.raw(`DROP TABLE ${table}`);
  }
}
