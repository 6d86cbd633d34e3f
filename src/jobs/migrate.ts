import type { Store } from '../database/store.js';
import { migrateStore, type MigrationResult } from '../tables/migration/migrate.js';
import type { MigrateOptions } from '../tables/migration/plan.js';

/** What a migration did. */
export interface MigrateSummary extends MigrationResult {
  /** The command that finishes what the migration began; null when nothing is left to do. */
  next: string | null;
}

/**
 * Brings the database to this program's schema and says what is left to do: the rows of a table that was there before
 * are incomplete until their indicators are rebuilt.
 *
 * @throws Failure as `migrateStore` does; then nothing was changed
 */
export async function migrate(store: Store, options: MigrateOptions = {}): Promise<MigrateSummary> {
  const result = await migrateStore(store, options);
  return { ...result, next: result.adoptedRows > 0 ? 'chartctl rebuild --all' : null };
}
