import knex, { type Knex } from 'knex';
import type { DatabaseConfig } from '../core/config.js';
import { formatAddress, parseConnectionUrl } from './connection-url.js';
import { toDatabaseFailure } from './database-failure.js';
import { slotOpener, toKnexConfig } from './knex-config.js';
import type { PostgresDialect } from './postgres-dialect.js';
import type { PostgresSlot } from './postgres-slot.js';

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
  const openSlot = slotOpener(database);
  try {
    const first = await openSlot();
    const db = knex(toKnexConfig(database, startingWith(first, openSlot)));
    await fillPool(db);
    return { kind: database.kind, label, knex: db, close: () => db.destroy() };
  } catch (error) {
    throw toDatabaseFailure(error, label);
  }
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

/** The connection is opened before the pool asks for it: the pool's limit for waiting is none for starting a database. */
function startingWith(first: PostgresSlot, openSlot: () => Promise<PostgresSlot>): () => Promise<PostgresSlot> {
  let unused: PostgresSlot | undefined = first;
  return () => {
    const slot = unused;
    unused = undefined;
    return slot ? Promise.resolve(slot) : openSlot();
  };
}

/** Hands the first connection over to the pool, which closes it in the end. */
async function fillPool(db: Knex): Promise<void> {
  const client = db.client as PostgresDialect;
  await client.releaseConnection(await client.acquireConnection());
}
