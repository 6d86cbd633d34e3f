import { CREATES_CHART_TABLE, migrationConfig, type MigrationEntry } from '../../../migrations/index.js';
import { EXIT_CODES } from '../../core/failure.js';
import type { Db, Store, Transaction } from '../../database/store.js';
import { inTransaction } from '../../database/transaction.js';
import { adoptLegacyTable } from '../adoption/adopt-table.js';
import { toFailure } from '../adoption/refusal.js';
import { finishJob, startJob } from '../jobs.js';
import { makePlan, type MigrateOptions, type MigrationPlan, type PlannedMigration } from './plan.js';
import { requireKnown } from './state.js';
import { inMigration, lockChartTable, toMigrationFailure } from './transaction.js';

export type { MigrateOptions, MigrationPlan } from './plan.js';
export { getMigrationState } from './state.js';
export { rollbackStore } from './rollback.js';

export interface MigrationResult {
  /** The migrations that were run, by name. */
  applied: string[];
  /** What was done, as sentences for people. */
  steps: string[];
  /** Rows of a symbol and minute that had another one; the audit keeps them. */
  duplicatesRemoved: number;
  /** Rows that were there before chartctl: their indicators wait for a rebuild. */
  adoptedRows: number;
  /** The row in `chartctl_jobs`; null when there was nothing to do. */
  jobId: number | null;
}

/** What `migrateStore` would do, found out in a read-only transaction. */
export async function planMigration(store: Store, options: MigrateOptions = {}): Promise<MigrationPlan> {
  const { unknown, pending, steps, refusals } = await inTransaction(store, async (trx) => {
    await trx.raw('SET TRANSACTION READ ONLY');
    return makePlan(trx, options);
  });
  requireKnown({ applied: [], pending, unknown }, store.label);
  return { pending, steps, refusals };
}

/**
 * Brings the database to this program's schema, in one transaction: all of it or nothing. A second run changes
 * nothing; a second one at the same time waits for the first.
 *
 * @throws Failure: failed (MIGRATION_REFUSED, with every problem and its remedy) when something stands in the way,
 * usage when a newer chartctl has migrated it, locked when another migration takes too long, temporary when the
 * table is in use
 */
export async function migrateStore(store: Store, options: MigrateOptions = {}): Promise<MigrationResult> {
  return inMigration(store, async (trx) => {
    const plan = await makePlan(trx, options, lockChartTable);
    requireKnown({ applied: [], pending: plan.pending, unknown: plan.unknown }, store.label);
    if (plan.pending.length === 0) return { applied: [], steps: [], duplicatesRemoved: 0, adoptedRows: 0, jobId: null };
    if (plan.refusals.length > 0) throw toFailure(plan.refusals);
    try {
      return await applyPlan(trx, plan, options);
    } catch (error) {
      throw toMigrationFailure(error);
    }
  });
}

async function applyPlan(trx: Transaction, plan: PlannedMigration, options: MigrateOptions): Promise<MigrationResult> {
  let job: number | undefined;
  let adopted = { duplicatesRemoved: 0, adoptedRows: 0 };
  const record = async (db: Db) =>
    (job ??= await startJob(db, { command: 'migrate', arguments: { ...options }, symbols: [] }));

  await trx.migrate.latest({
    ...migrationConfig,
    beforeEach: async (db, [entry]) => {
      // by now the audit tables are there
      if ((entry as MigrationEntry).name !== CREATES_CHART_TABLE || !plan.legacy) return;
      const isQuoteVolume = options.legacyVolume === 'quote';
      adopted = await adoptLegacyTable(db, plan.legacy, { jobId: await record(db), isQuoteVolume });
    },
  });
  const jobId = await record(trx);
  const counts = { migrations: plan.pending.length, ...adopted };
  await finishJob(trx, jobId, { outcome: 'done', exitCode: EXIT_CODES.done, counts });
  return { applied: plan.pending, steps: plan.steps, ...adopted, jobId };
}
