import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { withStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { describeEngine } from '../../src/tables/engine/describe-engine.js';
import type { Engine } from '../../src/tables/engine/engine.js';
import { migrateStore, planMigration, rollbackStore } from '../../src/tables/migration/migrate.js';
import { createDatabase, createRoles, type TestDatabase } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { FIVE_ROWS, legacyTable, query, WEEK_WITH_DUPLICATES } from '../tables/adoption/legacy-shapes.js';
import { pasteUntilMigrated } from '../tables/adoption/paste-remedies.js';

const TIMEOUT = { timeoutMs: 300_000 };

/** A superuser's URL of a server with the engine; undefined when none is given, or when it is plain PostgreSQL. */
const URLS: Readonly<Record<Engine, string | undefined>> = {
  citus: process.env.TEST_CITUS_URL,
  timescaledb: process.env.TEST_TIMESCALEDB_URL,
};

async function inDatabase(url: string, work: (store: Store, database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createDatabase(url);
  try {
    await withStore(database.superuser, (store) => work(store, database));
  } finally {
    await database.drop();
  }
}

async function run(store: Store, sql: string): Promise<void> {
  await store.knex.raw(sql.replaceAll('?', '\\?'));
}

async function isInstalled(store: Store, engine: Engine): Promise<boolean> {
  return (await query(store, `SELECT 1 FROM pg_extension WHERE extname = '${engine}'`)).length > 0;
}

/** Every row of the platform's columns, in order. */
function readRows(store: Store): Promise<unknown[]> {
  return query(
    store,
    `SELECT symbol, timestamp, open, high, low, close, volume FROM rolling_chart_data ORDER BY symbol, timestamp, volume`,
  );
}

async function refusalOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const ENGINES: readonly Engine[] = ['citus', 'timescaledb'];

for (const engine of ENGINES) {
  const url = URLS[engine];
  group(`the placement of the tables by ${engine}`, (test) => {
    if (!url) return test.skip('everything', `TEST_${engine.toUpperCase()}_URL is not set`);

    const onEngine = (title: string, work: (store: Store, database: TestDatabase) => Promise<void>) =>
      test(
        title,
        () =>
          inDatabase(url, async (store, database) => {
            if (await isInstalled(store, engine)) await work(store, database);
          }),
        TIMEOUT,
      );

    onEngine('a first migration uses the engine, and a second one changes nothing', async (store) => {
      const plan = await planMigration(store);
      const done = await migrateStore(store);
      assert.equal(done.steps, plan.steps);
      assert.match(done.notices.join(), 'is installed in the database and is used');
      assert.is(done.engine?.name, engine);
      const report = await describeEngine(store.knex);
      assert.equal([report.name, report.problems], [engine, []]);
      assert.equal([(await planMigration(store)).steps, (await migrateStore(store)).jobId], [[], null]);
    });

    onEngine(
      'plain tables stay plain without a request, and are converted with their rows on request',
      async (store) => {
        await migrateStore(store, { engine: 'none' });
        await run(store, FIVE_ROWS);
        await run(
          store,
          `INSERT INTO chartctl_gaps (symbol, from_time, to_time) VALUES ('X', '2025-06-01Z', '2025-06-02Z')`,
        );
        assert.is((await migrateStore(store)).jobId, null);
        assert.is((await describeEngine(store.knex)).name, null);
        const before = await readRows(store);
        const done = await migrateStore(store, { engine });
        assert.equal(done.applied, []);
        assert.equal(await readRows(store), before);
        assert.is((await query(store, `SELECT 1 FROM chartctl_gaps WHERE symbol = 'X'`)).length, 1);
        assert.equal((await describeEngine(store.knex)).problems, []);
        const failure = await refusalOf(migrateStore(store, { engine: 'none' }));
        assert.is(failure.code, 'ENGINE_IN_USE');
      },
    );

    onEngine('a plain table of the platform with duplicates is adopted and divided', async (store) => {
      await run(store, WEEK_WITH_DUPLICATES);
      const done = await migrateStore(store);
      assert.equal([done.adoptedRows, done.duplicatesRemoved], [20_000, 500]);
      assert.equal((await describeEngine(store.knex)).problems, []);
      assert.is((await query(store, `SELECT 1 FROM chartctl_changes WHERE action = 'delete'`)).length, 500);
    });

    onEngine('a table that the engine divided before is adopted with its rows', async (store) => {
      await run(store, `${legacyTable({ rsi: 'double precision' })} ${FIVE_ROWS}`);
      await run(store, divide(engine, { by: engine === 'citus' ? 'symbol' : 'timestamp' }));
      const before = await readRows(store);
      const done = await migrateStore(store);
      assert.is(done.adoptedRows, 5);
      assert.equal(await readRows(store), before);
      const report = await describeEngine(store.knex);
      assert.equal([report.name, report.problems], [engine, []]);
    });

    onEngine('a divided table with duplicates is adopted, after pasting what is refused', async (store) => {
      await run(store, WEEK_WITH_DUPLICATES);
      await run(store, divide(engine, { by: engine === 'citus' ? 'symbol' : 'timestamp' }));
      const { result, refused } = await pasteUntilMigrated(store);
      assert.is(refused.length, engine === 'citus' ? 1 : 0);
      assert.equal([result.adoptedRows, result.duplicatesRemoved], [20_000, 500]);
      assert.equal((await describeEngine(store.knex)).problems, []);
    });

    onEngine('a table divided by another column is refused, and adopted after pasting the remedy', async (store) => {
      await run(store, `${legacyTable({ inserted_at: `timestamptz NOT NULL DEFAULT now()` })} ${FIVE_ROWS}`);
      await run(store, divide(engine, { by: engine === 'citus' ? 'volume' : 'inserted_at' }));
      const before = await readRows(store);
      const { refused } = await pasteUntilMigrated(store);
      assert.is(refused.length, 1);
      assert.match(refused[0]!.message, engine === 'citus' ? 'is distributed by volume' : 'divided by inserted_at');
      assert.equal(await readRows(store), before);
      assert.equal((await describeEngine(store.knex)).problems, []);
    });

    onEngine('a unique key that the engine cannot keep is refused, and replaced by pasting', async (store) => {
      await run(store, `${legacyTable({ id: 'bigserial PRIMARY KEY' })} ${FIVE_ROWS}`);
      const { refused } = await pasteUntilMigrated(store);
      assert.match(refused[0]!.message, /the key "rolling_chart_data_pkey" is unique over \(id\)/);
      assert.equal((await describeEngine(store.knex)).problems, []);
    });

    onEngine('a rollback keeps the candles, and migrating again adopts them as they lie', async (store) => {
      await migrateStore(store);
      await run(store, FIVE_ROWS);
      const { kept } = await rollbackStore(store);
      assert.equal(kept, ['chartctl_jobs', 'rolling_chart_data']);
      assert.is((await migrateStore(store)).adoptedRows, 5);
      const report = await describeEngine(store.knex);
      assert.equal([report.name, report.problems], [engine, []]);
    });

    onEngine('the owner migrates, and the daily role reads and writes', async (_, database) => {
      await createRoles(toUrl(database));
      await database.limitRoles();
      await withStore(database.config, (owned) => migrateStore(owned));
      await database.limitRoles();
      await withStore(database.daily, async (daily) => {
        await run(daily, FIVE_ROWS);
        await run(daily, `UPDATE rolling_chart_data SET volume = 9 WHERE symbol = 'X'`);
        assert.equal(await query(daily, `SELECT count(*)::int AS rows FROM training_chart_data`), [{ rows: 0 }]);
        assert.equal((await describeEngine(daily.knex)).problems, []);
      });
    });

    if (engine === 'timescaledb') {
      onEngine('a hypertable with compressed chunks is adopted after pasting, and again as it is', async (store) => {
        await run(store, `${legacyTable()} ${FIVE_ROWS}`);
        await run(store, divide(engine, { by: 'timestamp' }));
        await run(store, COMPRESS);
        const before = await readRows(store);
        const { refused } = await pasteUntilMigrated(store);
        assert.is(refused.length, 1);
        await migrateStore(store, { compressAfterMs: 3 * 86_400_000 });
        await run(
          store,
          `SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('rolling_chart_data') AS chunk`,
        );
        await rollbackStore(store);
        assert.is((await migrateStore(store)).adoptedRows, 5);
        assert.equal(await readRows(store), before);
      });
    }
  });
}

const COMPRESS = `
  ALTER TABLE rolling_chart_data SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol');
  SELECT compress_chunk(chunk) FROM show_chunks('rolling_chart_data') AS chunk`;

function divide(engine: Engine, { by }: { by: string }): string {
  return engine === 'citus'
    ? `SELECT create_distributed_table('rolling_chart_data', '${by}')`
    : `SELECT create_hypertable('rolling_chart_data', '${by}', migrate_data => true)`;
}

function toUrl({ superuser }: TestDatabase): string {
  if (superuser.kind !== 'postgres') throw new Error('an engine is a server');
  return superuser.url;
}
