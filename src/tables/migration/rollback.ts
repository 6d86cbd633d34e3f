import { migrationConfig } from '../../../migrations/index.js';
import { EXIT_CODES } from '../../core/failure.js';
import type { Db, Store } from '../../database/store.js';
import { finishJob, startJob } from '../jobs.js';
import { readMigrationState, requireKnown } from './state.js';
import { inMigration, toMigrationFailure } from './transaction.js';

export interface RollbackResult {
  rolledBack: string[];
  /** Tables of ours that stay because they hold rows, and the candles. */
  kept: string[];
}

/**
 * Takes every migration back, in one transaction. Candles are never dropped, nor is an audit table that holds rows.
 *
 * @throws Failure: failed when something of the platform's depends on what would go, usage when a newer chartctl
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
    if (kept.includes('chartctl_jobs')) await record(trx, state.applied.length);
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

async function record(trx: Db, migrations: number): Promise<void> {
  const job = await startJob(trx, { command: 'migrate', arguments: { rollback: true }, symbols: [] });
  await finishJob(trx, job, { outcome: 'done', exitCode: EXIT_CODES.done, counts: { rolledBack: migrations } });
}
