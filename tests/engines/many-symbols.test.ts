import * as assert from 'uvu/assert';
import type { DatabaseConfig } from '../../src/database/database-config.js';
import { withStore } from '../../src/database/open-store.js';
import { inSnapshot } from '../../src/database/snapshot.js';
import type { Store } from '../../src/database/store.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { findSymbols } from '../../src/tables/rolling-chart-data/symbols.js';
import { createDatabase, createRoles, type TestDatabase } from '../harness/databases.js';
import { readEngineServer } from '../harness/engine-server.js';
import { expectError } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { runStatement } from '../harness/scratch-cluster.js';
import { legacyTable, query } from '../tables/adoption/legacy-shapes.js';
import { CITUS } from './engine-urls.js';

const TIMEOUT = { timeoutMs: 120_000 };

/** Symbols in forms that the table of a platform may have. */
const ODD = ['币安人生USDT', 'btcusdt', 'A-B', 'A.B', 'A_B', `it's "quoted"`, 'two\nlines', 'back\\slash', ''];

const ROWS = `
  INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
  SELECT symbol, timestamptz '2025-06-01Z' + n * interval '1 minute', 1, 1, 1, 1, 1
  FROM (SELECT 'S' || n || 'USDT' AS symbol FROM generate_series(1, 250) n
    UNION ALL SELECT * FROM unnest(ARRAY[${ODD.map((symbol) => `'${symbol.replaceAll("'", "''")}'`).join(', ')}])) s,
    generate_series(0, 1) n`;

/** The statements that find the symbols of a table on Citus: is it installed, where are the shards, and ask the nodes. */
const STATEMENTS = 3;

interface World {
  database: TestDatabase;
  isCitus: boolean;
  /** Superusers' URLs. */
  workers: readonly string[];
}

/** The symbols that `find` returns, which are all in the order of the database, and the statements that it sends. */
async function checkSymbols(store: Store, find: (store: Store) => Promise<string[]>): Promise<number> {
  let count = 0;
  const countOne = () => void (count += 1);
  store.knex.on('query', countOne);
  const found = await find(store);
  store.knex.off('query', countOne);
  const expected = await query<{ symbol: string }>(
    store,
    'SELECT symbol FROM rolling_chart_data GROUP BY symbol ORDER BY symbol',
  );
  assert.is(found.length, 250 + ODD.length);
  assert.equal(
    found,
    expected.map(({ symbol }) => symbol),
  );
  return count;
}

const urlOf = (config: DatabaseConfig) => (config.kind === 'postgres' ? config.url : '');

function declare(url: string): void {
  group<World>(
    'many symbols on Citus',
    (test) => {
      test(
        'are found by the daily role in three statements, also in a snapshot',
        async ({ database, isCitus }) => {
          await withStore(database.daily, async (store) => {
            const alone = await checkSymbols(store, ({ knex }) => findSymbols(knex));
            if (isCitus) assert.is(alone, STATEMENTS);
            await checkSymbols(store, ({ knex }) => inSnapshot(knex, findSymbols));
          });
        },
        TIMEOUT,
      );

      test(
        'are found in an adopted table of another schema, whose symbol has a length',
        async ({ database, isCitus }) => {
          const config: DatabaseConfig = { kind: 'postgres', url: `${urlOf(database.superuser)}?schema=Market%20Data` };
          await runStatement(urlOf(database.superuser), 'CREATE SCHEMA "Market Data"');
          await withStore(config, async (store) => {
            await store.knex.raw(legacyTable({ symbol: 'varchar(20)' }));
            await migrateStore(store);
            await store.knex.raw(ROWS);
            const statements = await checkSymbols(store, ({ knex }) => findSymbols(knex));
            if (isCitus) assert.is(statements, STATEMENTS);
          });
        },
        TIMEOUT,
      );

      test(
        'are not found in part: a node that fails is an error that names its shard',
        async ({ database, isCitus, workers }) => {
          if (!isCitus) return;
          const shard = await breakShard(urlOf(database.superuser), workers);
          const error = await expectError(withStore(database.daily, ({ knex }) => findSymbols(knex)));
          assert.is(error.code, '42P01');
          assert.match(error.message, shard);
        },
        TIMEOUT,
      );
    },
    { setup: () => openWorld(url), teardown: ({ database }) => database.drop() },
  );
}

async function openWorld(url: string): Promise<World> {
  await createRoles(url);
  const { engine, workers } = await readEngineServer(url);
  const database = await createDatabase(url);
  await withStore(database.config, (owned) => migrateStore(owned));
  await database.limitRoles();
  await runStatement(urlOf(database.superuser), ROWS);
  return { database, isCitus: engine === 'citus', workers };
}

/** Renames a shard on the first worker, and returns its name. */
async function breakShard(coordinator: string, [worker = '']: readonly string[]): Promise<string> {
  const address = new URL(worker);
  address.pathname = new URL(coordinator).pathname;
  const name = await withStore({ kind: 'postgres', url: coordinator }, async (store) => {
    const [shard] = await query<{ name: string }>(
      store,
      `SELECT concat('rolling_chart_data_', min(shardid)) AS name
       FROM pg_dist_shard JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid)
       WHERE logicalrelid = 'rolling_chart_data'::regclass AND nodeport = ${address.port}`,
    );
    return shard!.name;
  });
  await runStatement(
    address.href,
    `SET citus.enable_manual_changes_to_shards = on; ALTER TABLE ${name} RENAME TO renamed`,
  );
  return name;
}

if (CITUS.url) declare(CITUS.url);
else group('many symbols on Citus', (test) => test.skip('all', 'TEST_CITUS_URL is not set'));
