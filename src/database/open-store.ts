import { ConnectionError } from './connection/connection-error.js';
import { formatAddress, parseConnectionUrl } from './connection/connection-url.js';
import { toDatabaseFailure } from './connection/database-failure.js';
import type { PostgresConnection } from './connection/postgres-connection.js';
import type { DatabaseConfig } from './database-config.js';
import { connectionOpener } from './open-connection.js';
import type { Store } from './store.js';

/** How a database is opened. */
export interface OpenOptions {
  /** Connections to a server that are opened at once, because all of them will be needed; 1 if not given. */
  connections?: number;
}

/**
 * Opens the database and waits until it answers.
 *
 * Knex is loaded meanwhile: where the server answers at once, both take the same time.
 *
 * @throws Failure: temporary when it cannot be reached (within 10 s), usage when the URL, user, password, database
 * or data directory is wrong, locked when another process has the embedded database open
 */
export async function openStore(database: DatabaseConfig, { connections = 1 }: OpenOptions = {}): Promise<Store> {
  const label = toLabel(database);
  const openSlot = connectionOpener(database);
  try {
    const [slots, { createPool }] = await Promise.all([
      openSlots(openSlot, database.kind === 'embedded' ? 1 : connections),
      import('./pool.js'),
    ]);
    const db = await createPool(database, slots, openSlot);
    const dataDir = database.kind === 'embedded' ? database.dataDir : undefined;
    return { kind: database.kind, label, dataDir, knex: db, close: () => db.destroy() };
  } catch (error) {
    throw toDatabaseFailure(error, label);
  }
}

/** Opens the database for `work` and closes it whatever happens. */
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

/** Who lets one connection in and keeps the next one waiting is a pooler whose connections are all taken. */
function toPoolerFull(error: unknown): unknown {
  const isWaiting = error instanceof ConnectionError && /^(CONNECT|ANSWER)_TIMEOUT$/.test(error.code);
  return isWaiting ? new ConnectionError(error.message, 'POOLER_FULL', error) : error;
}

/**
 * Connections, opened side by side before the pool asks for them: its limit for waiting is none for starting a
 * database. All of them or none.
 */
async function openSlots(openSlot: () => Promise<PostgresConnection>, count: number): Promise<PostgresConnection[]> {
  const ends = await Promise.allSettled(Array.from({ length: count }, openSlot));
  const slots = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  const failed = ends.find((end) => end.status === 'rejected');
  if (!failed) return slots;
  await Promise.allSettled(slots.map((slot) => slot.close()));
  throw slots.length > 0 ? toPoolerFull(failed.reason) : failed.reason;
}
