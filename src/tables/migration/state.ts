import { MIGRATIONS } from '../../../migrations/index.js';
import { Failure } from '../../core/failure.js';
import { isUndefinedTable } from '../../database/connection/database-failure.js';
import type { Db, Store } from '../../database/store.js';

/** The migrations of a database by their names. */
export interface MigrationState {
  applied: string[];
  pending: string[];
  /** Applied by a newer chartctl. */
  unknown: string[];
}

/** The migrations that were applied to the database; one query, which changes nothing. */
export async function getMigrationState(store: Store): Promise<MigrationState> {
  try {
    return toState(await readNames(store.knex));
  } catch (error) {
    if (isUndefinedTable(error)) return toState([]);
    throw error;
  }
}

/** `getMigrationState` for use inside a transaction, which a failed query would abort. */
export async function readMigrationState(trx: Db): Promise<MigrationState> {
  const { rows } = await trx.raw<{ rows: { name: string | null }[] }>(
    `SELECT to_regclass('chartctl_migrations')::text AS name`,
  );
  return toState(rows[0]?.name ? await readNames(trx) : []);
}

/** @throws Failure (usage) when a newer chartctl has migrated the database. */
export function requireKnown(state: MigrationState, label: string): void {
  if (state.unknown.length === 0) return;
  throw new Failure('usage', `the database ${label} was migrated by a newer chartctl (${state.unknown.join(', ')})`, {
    hint: 'update chartctl on this machine',
    code: 'NEWER_SCHEMA',
  });
}

async function readNames(db: Db): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(`SELECT name FROM chartctl_migrations ORDER BY id`);
  return rows.map(({ name }) => name);
}

function toState(found: readonly string[]): MigrationState {
  const known = MIGRATIONS.map(({ name }) => name);
  return {
    applied: known.filter((name) => found.includes(name)),
    pending: known.filter((name) => !found.includes(name)),
    unknown: found.filter((name) => !known.includes(name)),
  };
}
