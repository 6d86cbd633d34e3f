import knex, { type Knex } from 'knex';
import type { DatabaseConfig } from '../core/config.js';
import { formatAddress, parseConnectionUrl } from './connection-url.js';
import { toDatabaseFailure } from './database-failure.js';
import { toKnexConfig } from './knex-config.js';

export { inTransaction } from './in-transaction.js';

/** An open database. */
export interface Store {
  /** The embedded database has one connection: a second one beside an open transaction is refused after 10 s. */
  readonly kind: 'postgres' | 'embedded';
  /** Names the database to people; no password. */
  readonly label: string;
  readonly knex: Knex;
  close(): Promise<void>;
}

/**
 * Opens the database and waits until it answers.
 *
 * @throws Failure: temporary when it cannot be reached (within 10 s), usage when the URL, user, password, database
 * or data directory is wrong, locked when another process has the embedded database open
 */
export async function openStore(database: DatabaseConfig): Promise<Store> {
  const label = toLabel(database);
  const db = knex(toKnexConfig(database));
  try {
    await db.raw('select 1');
  } catch (error) {
    await db.destroy();
    throw toDatabaseFailure(error, label);
  }
  return { kind: database.kind, label, knex: db, close: () => db.destroy() };
}

/** Opens the database for `work` and closes it whatever happens. */
export async function withStore<T>(database: DatabaseConfig, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(database);
  try {
    return await work(store);
  } catch (error) {
    throw toDatabaseFailure(error, store.label);
  } finally {
    await store.close();
  }
}

function toLabel(database: DatabaseConfig): string {
  if (database.kind === 'embedded') return `in "${database.dataDir}"`;
  return formatAddress(parseConnectionUrl(database.url));
}
