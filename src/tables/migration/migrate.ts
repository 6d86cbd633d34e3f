import { CREATES_CHART_TABLE, migrationConfig, type MigrationEntry } from '../../../migrations/index.js';
import { EXIT_CODES, type Failure } from '../../core/failure.js';
import type { Db, Store, Transaction } from '../../database/store.js';
import { adoptLegacyTable, type AdoptedRows } from '../adoption/adopt-table.js';
import { findTriggers, withoutTriggers } from '../adoption/obstacles/platform-triggers.js';
import { type Refusal, toRefusedFailure } from '../adoption/refusal.js';
import { refuseRejectedRows } from '../adoption/trial/refuse-rejected-rows.js';
import { type InstalledEngine, requireServer } from '../engine/engine.js';
import { applyEngine } from '../engine/plan-engine.js';
import { finishJob, startJob } from '../jobs.js';
import { makePlan, type MigrateOptions, type MigrationPlan, type PlannedMigration, toFlags } from './plan.js';
import { readMigrationState, requireKnown } from './state.js';
import { inMigration, lockChartTable, type MigrationRun, toMigrationFailure } from './transaction.js';

export interface MigrationResult extends AdoptedRows {
  /** The names of the migrations that were applied. */
  applied: string[];
  /** What was done, one sentence each. */
  steps: string[];
  /** The engine that stores the tables; null: they are plain. */
  engine: InstalledEngine | null;
  /** What the user should know about the choice of the engine. */
  notices: string[];
  /** The job's ID; null when there was nothing to do. */
  jobId: number | null;
}

/**
 * What `migrateStore` would do. It is done as that does it, under the same locks, in a transaction that is rolled back: so
 * whatever the migration would be refused for or fail with is found.
 *
 * @returns with refusals, if there are any: then it would do nothing
 * @throws Failure as `migrateStore` does for everything else
 */
export async function planMigration(
  store: Store,
  options: MigrateOptions = {},
  run: MigrationRun = {},
): Promise<MigrationPlan> {
  requireServer(store, options);
  const work = (trx: Transaction) => attemptMigration(trx, store, options);
  const { pending, engine, notices, steps, refusals } = (await inMigration(store, work, { ...run, isRehearsal: true }))
    .plan;
  return { pending, engine, notices, steps, refusals };
}

/**
 * Migrates the database to this program's schema in one transaction. A second run changes nothing; a concurrent run
 * waits for the first.
 *
 * @throws Failure: failed (MIGRATION_REFUSED, with every problem and its remedy) when something prevents it, usage when
 * a newer chartctl has migrated the database, locked when another migration takes too long, temporary when the table is
 * in use
 */
export async function migrateStore(
  store: Store,
  options: MigrateOptions = {},
  run: MigrationRun = {},
): Promise<MigrationResult> {
  requireServer(store, options);
  const work = async (trx: Transaction) => {
    const { plan, result } = await attemptMigration(trx, store, options);
    if (!result) throw describeRefusals(plan.refusals, options);
    return result;
  };
  return inMigration(store, work, run);
}

/** What a migration fails with that is refused. */
export function describeRefusals(refusals: readonly Refusal[], options: MigrateOptions): Failure {
  return toRefusedFailure(refusals, toFlags(options));
}

/** Plans a migration, and applies it unless something is refused; then the transaction must be rolled back. */
async function attemptMigration(
  trx: Transaction,
  store: Store,
  options: MigrateOptions,
): Promise<{ plan: PlannedMigration; result: MigrationResult | null }> {
  const plan = await makePlan(trx, options, lockChartTable);
  requireKnown({ applied: [], pending: plan.pending, unknown: plan.unknown }, store.label);
  const { engine, notices } = plan;
  if (plan.pending.length === 0 && !plan.isPlacing) {
    return { plan, result: { applied: [], steps: [], ...NONE_ADOPTED, engine, notices, jobId: null } };
  }
  if (plan.refusals.length > 0) return { plan, result: null };
  try {
    const result = await applyPlan(trx, plan, options);
    const refusals = plan.legacy ? await refuseRejectedRows(trx) : [];
    return refusals.length > 0 ? { plan: { ...plan, steps: [], refusals }, result: null } : { plan, result };
  } catch (error) {
    throw toMigrationFailure(error);
  }
}

const NONE_ADOPTED: AdoptedRows = { duplicatesRemoved: 0, adoptedRows: 0, setAside: null };

async function applyPlan(trx: Transaction, plan: PlannedMigration, options: MigrateOptions): Promise<MigrationResult> {
  let job: number | undefined;
  let adopted = NONE_ADOPTED;
  const record = async (db: Db) =>
    (job ??= await startJob(db, { command: 'migrate', arguments: { ...options }, symbols: [] }));

  await trx.migrate.latest({
    ...migrationConfig,
    beforeEach: async (db, [entry]) => {
      // the audit tables exist by now
      if ((entry as MigrationEntry).name !== CREATES_CHART_TABLE || !plan.legacy) return;
      const isQuoteVolume = options.legacyVolume === 'quote';
      const jobId = await record(db);
      const { zone, ...legacy } = plan.legacy;
      // the platform's triggers are meant for its own changes, and may reject or change those of the migration
      adopted = await withoutTriggers(db, await findTriggers(db), () =>
        adoptLegacyTable(db, legacy, { jobId, isQuoteVolume, zone }),
      );
    },
  });
  if (plan.engine && plan.isPlacing) {
    if (!plan.legacy) await lockChartTable(trx);
    await applyEngine(trx, plan.engine, options);
  }
  const jobId = await record(trx);
  const { setAside, ...rows } = adopted;
  const counts = { migrations: plan.pending.length, ...rows, ...(setAside ? { setAsideRows: setAside.rows } : {}) };
  await finishJob(trx, jobId, { outcome: 'done', exitCode: EXIT_CODES.done, counts });
  const { pending, steps, engine, notices } = plan;
  return { applied: pending, steps, ...adopted, engine, notices, jobId };
}

interface RollbackResult {
  rolledBack: string[];
  /** The tables that remain: the candles, and the audit tables that contain rows. */
  kept: string[];
}

/**
 * Rolls back every migration in one transaction. Candles are never dropped, nor is an audit table that contains rows.
 *
 * @throws Failure: failed when an object of the platform depends on what would be dropped, usage when a newer chartctl
 * has migrated the database
 */
export async function rollbackStore(store: Store): Promise<RollbackResult> {
  return inMigration(store, async (trx) => {
    const state = await readMigrationState(trx);
    requireKnown(state, store.label);
    if (state.applied.length === 0) return { rolledBack: [], kept: [] };
    try {
      await trx.migrate.rollback(migrationConfig, true);
      await trx.raw('DROP TABLE chartctl_migrations, chartctl_migrations_lock');
    } catch (error) {
      throw toMigrationFailure(error);
    }
    const kept = await findKept(trx);
    if (kept.includes('chartctl_jobs')) await recordRollback(trx, state.applied.length);
    return { rolledBack: state.applied.reverse(), kept };
  });
}

async function findKept(trx: Db): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { name: string }[] }>(`
    SELECT relname AS name FROM pg_class
    WHERE relkind = 'r' AND pg_table_is_visible(oid) AND (relname LIKE 'chartctl\\_%' OR relname = 'rolling_chart_data')
    ORDER BY relname
  `);
  return rows.map(({ name }) => name);
}

async function recordRollback(trx: Db, migrations: number): Promise<void> {
  const job = await startJob(trx, { command: 'migrate', arguments: { rollback: true }, symbols: [] });
  await finishJob(trx, job, { outcome: 'done', exitCode: EXIT_CODES.done, counts: { rolledBack: migrations } });
}
