import { MIGRATIONS } from '../../../migrations/index.js';
import { Failure } from '../../core/failure.js';
import type { Store } from '../../database/store.js';
import { getMigrationState, requireKnown } from './state.js';

/**
 * Requires that the database has this program's schema. An embedded database is migrated automatically.
 *
 * Every command calls it, and cron starts one every minute: it runs one query and does not load the code of migrations
 * unless the embedded database is behind.
 *
 * @throws Failure (usage) when a server's schema is behind or ahead
 */
export async function requireCurrentSchema(store: Store): Promise<void> {
  const state = await getMigrationState(store);
  requireKnown(state, store.label);
  if (state.pending.length === 0) return;
  if (store.kind === 'embedded') {
    const { migrateStore } = await import('./migrate.js');
    await migrateStore(store);
    return;
  }
  const isNew = state.applied.length === 0;
  const behind = isNew ? 'was never migrated' : `lacks ${state.pending.length} of ${MIGRATIONS.length} migrations`;
  throw new Failure('usage', `the database ${store.label} ${behind}`, {
    hint: (isNew ? await describeOtherTables(store) : undefined) ?? 'run: chartctl migrate',
    code: 'SCHEMA_BEHIND',
  });
}

async function describeOtherTables({ knex }: Store): Promise<string | undefined> {
  const { describeUnreachedTables } = await import('../adoption/other-tables.js');
  return describeUnreachedTables(knex);
}
