import * as assert from 'uvu/assert';
import { withStore } from '../../src/database/open-store.js';
import { inTransaction } from '../../src/database/transaction.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { readRoleRights } from '../../src/tables/role-rights.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';

/** The embedded database has no other roles. */
const server = databases().find(({ name }) => name === 'PostgreSQL');

group('readRoleRights', (test) => {
  if (!server) return test.skip('all of it', 'no PostgreSQL here');

  test('a migrated schema that the role may not use is reported only if it is in the search path', async () => {
    const database = await server.create();
    try {
      await withStore(database.superuser, async (store) => {
        const readAs = (searchPath: string) =>
          inTransaction(store, async (trx) => {
            await trx.raw(`SET LOCAL search_path = ${searchPath}; SET LOCAL ROLE chartctl_daily`);
            const { missing } = await readRoleRights(trx);
            return missing.filter(({ on }) => on.startsWith('SCHEMA'));
          });
        await migrateStore(store, {});
        await store.knex.raw('CREATE SCHEMA others; CREATE TABLE others.chartctl_migrations ()');
        assert.equal(await readAs('public'), []);
        assert.equal(await readAs('others'), [{ on: 'SCHEMA others', privileges: 'USAGE' }]);
      });
    } finally {
      await database.drop();
    }
  });
});
