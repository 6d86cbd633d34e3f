import knex, { type Knex } from 'knex';
import { type DialectConnection, KnexDialect } from './connection/knex-dialect.js';
import type { PostgresConnection } from './connection/postgres-connection.js';
import type { DatabaseConfig } from './database-config.js';
import { connectionOpener } from './open-connection.js';

const MAX_CONNECTIONS = 6;
const ACQUIRE_TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;

const SILENT = { warn: () => undefined, error: () => undefined, deprecate: () => undefined, debug: () => undefined };

/** What the program itself gives to Knex; connections open when they are needed. */
export function toKnexConfig(database: DatabaseConfig, openSlot = connectionOpener(database)): Knex.Config {
  const isEmbedded = database.kind === 'embedded';
  const connection: DialectConnection = { openConnection: openSlot };
  return {
    client: KnexDialect,
    connection: connection as unknown as Knex.StaticConnectionConfig,
    pool: {
      min: 0,
      max: isEmbedded ? 1 : MAX_CONNECTIONS,
      // closing the embedded database's only connection closes the database
      ...(isEmbedded ? { idleTimeoutMillis: DAY_MS } : {}),
    },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    compileSqlOnError: false,
    log: SILENT, // every problem is also thrown
  };
}

/** Hands open connections over to a pool of Knex's, which opens more of them when they are needed and closes all. */
export async function createPool(
  database: DatabaseConfig,
  slots: readonly PostgresConnection[],
  openSlot: () => Promise<PostgresConnection>,
): Promise<Knex> {
  const unused = [...slots];
  const takeOrOpen = () => {
    const slot = unused.shift();
    return slot ? Promise.resolve(slot) : openSlot();
  };
  const db = knex(toKnexConfig(database, takeOrOpen));
  const client = db.client as KnexDialect;
  const taken = await Promise.all(slots.map(() => client.acquireConnection()));
  await Promise.all(taken.map((slot) => client.releaseConnection(slot)));
  return db;
}
