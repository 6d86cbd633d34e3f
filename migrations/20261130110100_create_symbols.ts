import type { Knex } from 'knex';

/** What is known of a symbol beside its candles: whether it was retired. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE IF NOT EXISTS chartctl_symbols (
      symbol text PRIMARY KEY,
      retired_at timestamptz NOT NULL,
      reason text,
      job_id bigint
    );
    COMMENT ON TABLE chartctl_symbols IS
      'Retired symbols: their rows stay, but --all, scheduled jobs, metrics and readiness leave them out';
    COMMENT ON COLUMN chartctl_symbols.reason IS 'as given to chartctl retire --reason';
  `);
}

/** A table with rows stays: a later migration takes it up again. */
export async function down(knex: Knex): Promise<void> {
  const held = await knex.raw<{ rows: unknown[] }>('SELECT 1 FROM chartctl_symbols LIMIT 1');
  if (held.rows.length === 0) await knex.raw('DROP TABLE chartctl_symbols');
}
