import { MIGRATIONS } from '../../../migrations/index.js';
import { Failure } from '../../core/failure.js';
import type { Store } from '../../database/store.js';
import { getMigrationState, requireKnown } from './state.js';

/**
 * Lets a command go on only with this program's schema. The embedded database migrates itself; a real one that is
 * behind, or ahead, is an error. One query when all is well, and the machinery of migrations is not even loaded:
 * cron pays for this every minute.
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
  const behind =
    state.applied.length === 0
      ? 'was never migrated'
      : `lacks ${state.pending.length} of ${MIGRATIONS.length} migrations`;
  throw new Failure('usage', `the database ${store.label} ${behind}`, {
    hint: 'run: chartctl migrate',
    code: 'SCHEMA_BEHIND',
  });
}
