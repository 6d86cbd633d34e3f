import type { Knex } from 'knex';
import type { DatabaseConfig } from '../../core/config.js';
import { PostgresDialect, type DialectConnection } from './postgres-dialect.js';
import { slotOpener } from './slot-opener.js';

const MAX_CONNECTIONS = 6;
const ACQUIRE_TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;

const SILENT = { warn: () => undefined, error: () => undefined, deprecate: () => undefined, debug: () => undefined };

/** What the program itself gives to Knex; connections open when they are needed. */
export function toKnexConfig(database: DatabaseConfig, openSlot = slotOpener(database)): Knex.Config {
  const isEmbedded = database.kind === 'embedded';
  const connection: DialectConnection = { openSlot };
  return {
    client: PostgresDialect,
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
