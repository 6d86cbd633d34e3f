import knex, { type Knex } from 'knex';
import PostgresClient from 'knex/lib/dialects/postgres/index.js';
import { newDb } from 'pg-mem';

/**
 * Knex on pg-mem: starts immediately, but has no window functions, no COPY and no rollback, and is slow with more
 * than a few rows. For tests that need any database; tests of src/database and src/tables use `databases()`.
 */
export function memoryDatabase(): Knex {
  const driver: unknown = newDb().adapters.createPg();
  class MemoryClient extends PostgresClient {
    // createKnex() of pg-mem requires the package "pg" without using it
    _driver(): unknown {
      return driver;
    }
  }
  return knex({ client: MemoryClient, connection: {}, version: '15' });
}
