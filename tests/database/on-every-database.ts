import { openStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { type Backend, databases, type TestDatabase } from '../harness/databases.js';
import { group, type GroupTest } from '../harness/group.js';

export interface OpenDatabase {
  database: TestDatabase;
  store: Store;
}

/**
 * Declares the same tests for each kind of database. Each group has its own database, which its role owns, because the
 * tests drop whole schemas.
 */
export function onEveryDatabase(
  name: string,
  declare: (test: GroupTest<OpenDatabase>, backend: Backend) => void,
): void {
  for (const backend of databases()) {
    group<OpenDatabase>(`${name} (${backend.name})`, (test) => declare(test, backend), {
      setup: async () => {
        const database = await backend.create({ ownsDatabase: true });
        return { database, store: await openStore(database.config) };
      },
      teardown: async ({ database, store }) => {
        await store.close();
        await database.drop();
      },
    });
  }
}
