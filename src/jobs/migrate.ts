import type { Store } from '../database/store.js';
import { migrateStore, type MigrationResult } from '../tables/migration/migrate.js';
import type { MigrateOptions } from '../tables/migration/plan.js';

/** The result of a migration. */
export interface MigrateSummary extends MigrationResult {
  /** The command that must follow the migration; null if none. */
  next: string | null;
}

/**
 * Migrates the database to this program's schema. The rows of an adopted table stay incomplete until their indicators
 * are rebuilt by the command that `next` names.
 *
 * @throws Failure as `migrateStore` does; then nothing was changed
 */
export async function migrate(store: Store, options: MigrateOptions = {}): Promise<MigrateSummary> {
  const result = await migrateStore(store, options);
  return { ...result, next: result.adoptedRows > 0 ? 'chartctl rebuild --all' : null };
}
