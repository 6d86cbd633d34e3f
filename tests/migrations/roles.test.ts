import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { withStore } from '../../src/database/open-store.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { databases } from '../harness/databases.js';
import { findProgram } from '../harness/find-program.js';
import { group } from '../harness/group.js';

const server = databases().find(({ name }) => name === 'PostgreSQL');
const psql = findProgram('psql');

/** All grants in a database and on it. */
const GRANTS = `
  SELECT 'table ' || relname AS what, relacl::text AS rights FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT 'schema', nspacl::text FROM pg_namespace WHERE nspname = 'public'
  UNION ALL SELECT 'database', datacl::text FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT 'tables to come', defaclacl::text FROM pg_default_acl
  ORDER BY what`;

group('the script of roles', (test) => {
  if (!server || !psql) return test.skip('psql runs it', 'no PostgreSQL, or no psql here');

  test('it runs before and after a migration with psql, and running it again changes nothing', async () => {
    const database = await server.create();
    const { superuser } = database;
    if (superuser.kind !== 'postgres') throw new Error('only a server has roles');
    const run = () => {
      const argv = ['--no-psqlrc', '--set', 'ON_ERROR_STOP=1', '--file', 'migrations/roles.sql', superuser.url];
      const { status, stderr } = spawnSync(psql, argv, { encoding: 'utf8' });
      assert.equal([status, stderr], [0, '']);
    };
    const readGrants = () =>
      withStore(superuser, async ({ knex }) => (await knex.raw<{ rows: object[] }>(GRANTS)).rows);
    try {
      run();
      await withStore(database.config, (store) => migrateStore(store, {}));
      const migrated = await readGrants();
      run();
      const limited = await readGrants();
      assert.not.equal(limited, migrated, 'it takes back what the daily role does not need of new tables');
      run();
      assert.equal(await readGrants(), limited);
    } finally {
      await database.drop();
    }
  });
});
