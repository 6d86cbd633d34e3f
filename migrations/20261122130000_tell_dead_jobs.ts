import type { Knex } from 'knex';

const OUTCOMES = ['running', 'done', 'incomplete', 'failed', 'interrupted', 'locked', 'temporary'];

/** A job whose process ended without a word can be recorded as such; those that seem to run are found at once. */
export async function up(knex: Knex): Promise<void> {
  await limitOutcomes(knex, [...OUTCOMES, 'died']);
  await knex.raw(
    `CREATE INDEX IF NOT EXISTS idx_chartctl_jobs_running ON chartctl_jobs (command) WHERE outcome = 'running'`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX IF EXISTS idx_chartctl_jobs_running');
  await knex.raw(`UPDATE chartctl_jobs SET outcome = 'interrupted' WHERE outcome = 'died'`);
  await limitOutcomes(knex, OUTCOMES);
}

async function limitOutcomes(knex: Knex, outcomes: readonly string[]): Promise<void> {
  const list = outcomes.map((outcome) => `'${outcome}'`).join(', ');
  await knex.raw(`
    ALTER TABLE chartctl_jobs DROP CONSTRAINT IF EXISTS chartctl_jobs_outcome_check;
    ALTER TABLE chartctl_jobs ADD CONSTRAINT chartctl_jobs_outcome_check CHECK (outcome IN (${list}))`);
}
