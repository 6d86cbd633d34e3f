import { openStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { type Backend, type CreateOptions, databases, type TestDatabase } from './databases.js';
import { group, type GroupTest } from './group.js';

/** What each test of a store group gets. */
export interface StoreContext {
  store: Store;
  database: TestDatabase;
}

/** Declares the same tests for every database there is here; each group of them shares one new database. */
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
