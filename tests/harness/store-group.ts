import { openStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { type Backend, type CreateOptions, databases, type TestDatabase } from './databases.js';
import { group, type GroupTest } from './group.js';

/** The context of the tests of a store group. */
export interface StoreContext {
  store: Store;
  database: TestDatabase;
}

/** Declares tests for every database; the tests of a group share a new one. */
export function storeGroup(
  name: string,
  declare: (test: GroupTest<StoreContext>, backend: Backend) => void,
  options: CreateOptions = {},
): void {
  for (const backend of databases()) {
    group<StoreContext>(`${name} on ${backend.name}`, (test) => declare(test, backend), {
      setup: async () => {
        const database = await backend.create(options);
        return { database, store: await openStore(database.config) };
      },
      teardown: async ({ store, database }) => {
        await store.close();
        await database.drop();
      },
    });
  }
}
