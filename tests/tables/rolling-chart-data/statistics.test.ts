import * as assert from 'uvu/assert';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { renewStatistics } from '../../../src/tables/rolling-chart-data/statistics.js';
import { databases, type TestDatabase } from '../../harness/databases.js';
import { group } from '../../harness/group.js';

interface World {
  database: TestDatabase;
  store: Store;
}

const FROM = `timestamptz '2025-01-01Z'`;

/** Rows of a symbol, from minute `from` on; 200,000 take some 27 MB. */
const insertRows = ({ store }: World, from: number, count: number) =>
  store.knex.raw(
    `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, source)
     SELECT 'BTCUSDT', ${FROM} + n * interval '1 minute', 1, 1, 1, 1, 1, 'BINANCE'
     FROM generate_series(${from}, ${from + count - 1}) n`,
  );

/** The number of rows that the planner expects of the symbol, and the pages that it knew the table to have. */
async function readPlanner({ store }: World): Promise<{ expected: number; pages: number }> {
  const { rows: plans } = await store.knex.raw<{ rows: [{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }] }>(
    `EXPLAIN (FORMAT json) SELECT 1 FROM rolling_chart_data WHERE symbol = 'BTCUSDT'`,
  );
  const { rows } = await store.knex.raw<{ rows: [{ pages: number }] }>(
    `SELECT relpages AS pages FROM pg_class WHERE relname = 'rolling_chart_data'`,
  );
  return { expected: plans[0]['QUERY PLAN'][0].Plan['Plan Rows'], pages: rows[0].pages };
}

for (const server of databases()) {
  group<World>(
    `statistics of the planner, ${server.name}`,
    (test) => {
      test('are renewed when the table has grown by more than a tenth and 32 MB', async (world) => {
        const { knex } = world.store;
        // autovacuum would renew them too
        await knex.raw('ALTER TABLE rolling_chart_data SET (autovacuum_enabled = false)');
        await insertRows(world, 0, 100_000);
        await renewStatistics(knex);
        assert.is((await readPlanner(world)).pages, 0, 'a small table');
        await insertRows(world, 100_000, 300_000);
        assert.ok((await readPlanner(world)).expected < 10_000, 'the planner takes it for a small part of the table');
        await renewStatistics(knex);
        const renewed = await readPlanner(world);
        assert.ok(Math.abs(renewed.expected / 400_000 - 1) < 0.01, `${renewed.expected} rows expected`);
        await insertRows(world, 400_000, 20_000);
        await renewStatistics(knex);
        assert.is((await readPlanner(world)).pages, renewed.pages, 'it has grown by a twentieth');
      });

      if (server.name !== 'PostgreSQL') return; // the embedded database has one role and one session

      test('are left alone by a role that does not own the table, and while it is locked', async (world) => {
        const { knex } = world.store;
        const { pages } = await readPlanner(world);
        await insertRows(world, 420_000, 400_000);
        await knex.transaction(async (trx) => {
          await trx.raw('CREATE ROLE statistics_reader');
          await trx.raw('GRANT SELECT ON rolling_chart_data TO statistics_reader');
          await trx.raw('SET LOCAL ROLE statistics_reader');
          await renewStatistics(trx);
          await trx.raw('RESET ROLE');
          await trx.raw('DROP OWNED BY statistics_reader');
          await trx.raw('DROP ROLE statistics_reader');
        });
        assert.is((await readPlanner(world)).pages, pages);
        await knex.transaction(async (trx) => {
          await trx.raw('LOCK TABLE rolling_chart_data IN SHARE UPDATE EXCLUSIVE MODE'); // as VACUUM does
          await renewStatistics(knex); // in another session; it would wait for ever
        });
        assert.is((await readPlanner(world)).pages, pages);
        await renewStatistics(knex);
        assert.ok((await readPlanner(world)).pages > pages);
      });
    },
    {
      setup: async () => {
        const database = await server.createMigrated();
        return { database, store: await openStore(database.superuser) };
      },
      teardown: async ({ database, store }) => {
        await store.close();
        await database.drop();
      },
    },
  );
}
