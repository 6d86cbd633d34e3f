import knex, { type Knex } from 'knex';
import type { DatabaseConfig } from '../../core/config.js';
import { toKnexConfig } from './knex-config.js';
import type { PostgresDialect } from './postgres-dialect.js';
import type { PostgresSlot } from './postgres-slot.js';

/** Hands open connections over to a pool of Knex's, which opens more of them when they are needed and closes all. */
export async function fillPool(
  database: DatabaseConfig,
  slots: readonly PostgresSlot[],
  openSlot: () => Promise<PostgresSlot>,
): Promise<Knex> {
  const unused = [...slots];
  const takeOrOpen = () => {
    const slot = unused.shift();
    return slot ? Promise.resolve(slot) : openSlot();
  };
  const db = knex(toKnexConfig(database, takeOrOpen));
  const client = db.client as PostgresDialect;
  const taken = await Promise.all(slots.map(() => client.acquireConnection()));
  await Promise.all(taken.map((slot) => client.releaseConnection(slot)));
  return db;
}
