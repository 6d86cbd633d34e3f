import * as assert from 'uvu/assert';
import { inTransaction } from '../../src/store/in-transaction.js';
import { migrateStore } from '../../src/store/migration/migrate.js';
import { readRoleRights } from '../../src/store/role-rights.js';
import { withStore } from '../../src/store/store.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';

/** The embedded database knows no roles. */
const server = databases().find(({ name }) => name === 'PostgreSQL');

group('readRoleRights', (test) => {
  if (!server) return test.skip('all of it', 'no PostgreSQL here');

  test("another's tables in a closed schema are no concern of a role that sees its own", async () => {
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
