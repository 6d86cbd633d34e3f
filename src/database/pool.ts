import knex, { type Knex } from 'knex';
import { DAY_MS } from '../core/minute.js';
import { type DialectConnection, KnexDialect } from './connection/knex-dialect.js';
import type { PostgresConnection } from './connection/postgres-connection.js';
import type { DatabaseConfig } from './database-config.js';
import { connectionOpener } from './open-connection.js';

const MAX_CONNECTIONS = 6;
const ACQUIRE_TIMEOUT_MS = 10_000;

const SILENT = { warn: () => undefined, error: () => undefined, deprecate: () => undefined, debug: () => undefined };

/** The options that this program gives to Knex; connections are opened when they are needed. */
export function toKnexConfig(database: DatabaseConfig, openConnection = connectionOpener(database)): Knex.Config {
  const isEmbedded = database.kind === 'embedded';
  const connection: DialectConnection = { openConnection };
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

/** Creates a Knex pool that owns the open connections and opens more when they are needed. */
export async function createPool(
  database: DatabaseConfig,
  opened: readonly PostgresConnection[],
  openConnection: () => Promise<PostgresConnection>,
): Promise<Knex> {
  const unused = [...opened];
  const takeOrOpen = () => {
    const connection = unused.shift();
    return connection ? Promise.resolve(connection) : openConnection();
  };
  const db = knex(toKnexConfig(database, takeOrOpen));
  const client = db.client as KnexDialect;
  const acquired = await Promise.all(opened.map(() => client.acquireConnection()));
  await Promise.all(acquired.map((connection) => client.releaseConnection(connection)));
  return db;
}
