import * as assert from 'uvu/assert';
import { withStore } from '../../src/database/open-store.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { type Backend, databases, type TestDatabase } from '../harness/databases.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { runStatement } from '../harness/scratch-cluster.js';
import { PGBOUNCER, startPooler } from '../trials/together/pgbouncer.js';

const server = databases().find(({ name }: Backend) => name === 'PostgreSQL');

if (!server) {
  group('the schema of a database URL', (test) => test.skip('all', 'no PostgreSQL here'));
} else {
  group<TestDatabase>(
    'the schema of a database URL',
    (test) => {
      const urlWith = ({ config }: TestDatabase, parameters: string) =>
        `${config.kind === 'postgres' ? config.url : ''}?${parameters}`;
      const schemasOf = async (url: string) =>
        withStore({ kind: 'postgres', url }, async ({ knex }) => {
          const sql = "select schemaname from pg_tables where tablename = 'rolling_chart_data' order by 1";
          const { rows } = await knex.raw<{ rows: { schemaname: string }[] }>(sql);
          return rows.map(({ schemaname }) => schemaname);
        });

      test('is where the tables are made and found', async (database) => {
        const superuser = database.superuser.kind === 'postgres' ? database.superuser.url : '';
        await runStatement(superuser, 'create schema "The market"; grant all on schema "The market" to public');
        const url = urlWith(database, 'schema=The%20market');
        await withStore({ kind: 'postgres', url }, (store) => migrateStore(store, {}));
        assert.equal(await schemasOf(url), ['The market']);
        await withStore({ kind: 'postgres', url }, async ({ knex }) => {
          await knex('rolling_chart_data').count();
          await knex('training_chart_data').count();
          await knex('chartctl_jobs').count();
        });
      });

      test('that does not exist is named with the statement that makes it, and nothing is changed', async (database) => {
        const failure = await expectFailure(schemasOf(urlWith(database, 'schema=prices')));
        assert.is(failure.exitCode, 2);
        assert.match(failure.message, /has no schema "prices" that "chartctl_owner" may use$/);
        assert.match(failure.hint ?? '', /CREATE SCHEMA "prices";/);
      });

      if (!PGBOUNCER) {
        test.skip('behind a pooler it must be that of the role', 'no pgbouncer here: apt install pgbouncer');
        return;
      }
      test('behind a pooler, which does not pass it on, it must be that of the role', async (database) => {
        const pooler = await startPooler(urlWith(database, ''), { mode: 'transaction' });
        try {
          const through = (parameters: string) => pooler.through(urlWith(database, parameters));
          assert.equal(await schemasOf(through('schema=public&pgbouncer=true')), ['The market']);
          const failure = await expectFailure(schemasOf(through('schema=The%20market')));
          assert.is(failure.exitCode, 2);
          assert.match(failure.message, /a pooler that does not pass on the schema "The market": .* is in "public"$/);
          assert.match(failure.hint ?? '', /^ALTER ROLE "chartctl_owner" SET search_path = "The market";/);
        } finally {
          await pooler.stop();
        }
      });
    },
    { setup: () => server.create(), teardown: (database) => database.drop() },
  );
}
