import knex, { type Knex } from 'knex';
import PostgresClient from 'knex/lib/dialects/postgres/index.js';
import { newDb } from 'pg-mem';

/**
 * Knex on pg-mem: starts at once, but knows no window functions, no COPY and no rollback, and is slow with more
 * than a few rows. For tests that only need something to talk to; the store's own tests use `databases()`.
 */
export function memoryDatabase(): Knex {
  const driver: unknown = newDb().adapters.createPg();
  class MemoryClient extends PostgresClient {
    // pg-mem's own createKnex() wants the package "pg", of which it uses nothing
    _driver(): unknown {
      return driver;
    }
  }
  return knex({ client: MemoryClient, connection: {}, version: '15' });
}
