import type { Knex } from 'knex';

/** What undo needs beside the rows as they were: which rows a job inserted, and how the rows' flags stood. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE chartctl_changes ADD COLUMN IF NOT EXISTS flags_before jsonb;
    COMMENT ON COLUMN chartctl_changes.flags_before IS 'the row''s records in chartctl_flags as they were; null for none';

    CREATE TABLE IF NOT EXISTS chartctl_inserts (
      symbol text NOT NULL,
      from_time timestamptz NOT NULL,
      to_time timestamptz NOT NULL,
      job_id bigint NOT NULL,
      inserted_at timestamptz NOT NULL
    );
    CREATE INDEX IF NOT EXISTS idx_chartctl_inserts_symbol_from_time ON chartctl_inserts (symbol, from_time);
    CREATE INDEX IF NOT EXISTS idx_chartctl_inserts_job_id ON chartctl_inserts (job_id);
    COMMENT ON TABLE chartctl_inserts IS 'Minutes [from_time, to_time) without a row before a job inserted one in each';

    ALTER TABLE chartctl_gaps ADD COLUMN IF NOT EXISTS halted_minutes int NOT NULL DEFAULT 0;
    COMMENT ON COLUMN chartctl_gaps.halted_minutes IS 'flat candles without volume that the exchange served right before the gap';
  `);
}

/** The columns stay, for what an audit holds is never thrown away; the table goes when it is empty. */
export async function down(knex: Knex): Promise<void> {
  const held = await knex.raw<{ rows: unknown[] }>('SELECT 1 FROM chartctl_inserts LIMIT 1');
  if (held.rows.length === 0) await knex.raw('DROP TABLE chartctl_inserts');
}
