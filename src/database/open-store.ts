import { ConnectionError } from './connection/connection-error.js';
import { formatAddress, parseConnectionUrl } from './connection/connection-url.js';
import { toDatabaseFailure } from './connection/database-failure.js';
import type { PostgresConnection } from './connection/postgres-connection.js';
import type { DatabaseConfig } from './database-config.js';
import { connectionOpener } from './open-connection.js';
import type { Store } from './store.js';

/** How a database is opened. */
export interface OpenOptions {
  /** Number of connections to a server that are opened at once, because all of them will be used; default 1. */
  connections?: number;
}

/**
 * Opens the database and waits until it answers.
 *
 * Knex is loaded in the meantime: that takes as long as connecting to a server nearby.
 *
 * @throws Failure: temporary when it cannot be reached (within 10 s), usage when the URL, user, password, database
 * or data directory is wrong, locked when another process has the embedded database open
 */
export async function openStore(database: DatabaseConfig, { connections = 1 }: OpenOptions = {}): Promise<Store> {
  const label = toLabel(database);
  const openConnection = connectionOpener(database);
  try {
    const [opened, { createPool }] = await Promise.all([
      openConnections(openConnection, database.kind === 'embedded' ? 1 : connections),
      import('./pool.js'),
    ]);
    const db = await createPool(database, opened, openConnection);
    const dataDir = database.kind === 'embedded' ? database.dataDir : undefined;
    return { kind: database.kind, label, dataDir, knex: db, close: () => db.destroy() };
  } catch (error) {
    throw toDatabaseFailure(error, label);
  }
}

/** Opens the database for `work` and closes it afterwards, also when `work` fails. */
export async function withStore<T>(
  database: DatabaseConfig,
  work: (store: Store) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const store = await openStore(database, options);
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

/**
 * Opens connections in parallel before the pool needs them: the pool's own time limit is too short for starting an
 * embedded database. When one fails, all are closed.
 */
async function openConnections(
  openConnection: () => Promise<PostgresConnection>,
  count: number,
): Promise<PostgresConnection[]> {
  const results = await Promise.allSettled(Array.from({ length: count }, openConnection));
  const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return opened;
  await Promise.allSettled(opened.map((connection) => connection.close()));
  throw opened.length > 0 ? toPoolerFull(failed.reason) : failed.reason;
}

/** When one connection is accepted and the next one has to wait, a pooler has no server connection left. */
function toPoolerFull(error: unknown): unknown {
  const isWaiting = error instanceof ConnectionError && /^(CONNECT|ANSWER)_TIMEOUT$/.test(error.code);
  return isWaiting ? new ConnectionError(error.message, 'POOLER_FULL', error) : error;
}
