import * as assert from 'uvu/assert';
import { MIGRATIONS } from '../../../migrations/index.js';
import { Failure } from '../../../src/core/failure.js';
import { openStore } from '../../../src/database/open-store.js';
import { migrateStore, planMigration } from '../../../src/tables/migration/migrate.js';
import { rollbackStore } from '../../../src/tables/migration/migrate.js';
import { requireCurrentSchema } from '../../../src/tables/migration/require-current-schema.js';
import { getMigrationState } from '../../../src/tables/migration/state.js';
import { onEveryDatabase } from '../../database/on-every-database.js';
import {
  FIVE_ROWS,
  legacyTable,
  PLATFORM_STATEMENTS,
  query,
  startWith,
  takeSnapshot,
} from '../adoption/legacy-shapes.js';

const NAMES = MIGRATIONS.map(({ name }) => name);

onEveryDatabase('migrate', (test, backend) => {
  test('a first run applies every migration, a second one changes nothing', async ({ store }) => {
    await startWith(store);
    assert.equal(await getMigrationState(store), { applied: [], pending: NAMES, unknown: [] });
    const first = await migrateStore(store);
    assert.equal(first.applied, NAMES);
    assert.equal(await getMigrationState(store), { applied: NAMES, pending: [], unknown: [] });
    const before = await takeSnapshot(store);
    assert.equal(await migrateStore(store), {
      applied: [],
      steps: [],
      duplicatesRemoved: 0,
      adoptedRows: 0,
      setAside: null,
      engine: null,
      notices: [],
      jobId: null,
    });
    assert.is(await takeSnapshot(store), before);
  });

  test('a database of an earlier version gets the new migrations and keeps its rows', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(FIVE_ROWS);
    const newer = NAMES.slice(3);
    for (const { migration } of MIGRATIONS.slice(3).reverse()) await migration.down!(store.knex);
    await store.knex('chartctl_migrations').whereIn('name', newer).delete();
    assert.equal((await planMigration(store)).refusals, []);
    assert.equal((await migrateStore(store)).applied, newer);
    assert.is((await query(store, 'SELECT 1 FROM rolling_chart_data')).length, 5);
  });

  test('reading the state or the plan changes nothing', async ({ store }) => {
    await startWith(store, `${legacyTable()} ${FIVE_ROWS} ${FIVE_ROWS}`);
    const before = await takeSnapshot(store);
    const plan = await planMigration(store);
    assert.equal(plan.pending, NAMES);
    assert.match(plan.steps.join('\n'), 'remove 5 duplicate rows');
    await getMigrationState(store);
    assert.is(await takeSnapshot(store), before);
  });

  test('the steps of the migration are those of the plan', async ({ store }) => {
    await startWith(store, `${legacyTable({ volume: 'real' })} ${FIVE_ROWS} ${FIVE_ROWS}`);
    const plan = await planMigration(store);
    const done = await migrateStore(store);
    assert.equal(done.steps, plan.steps);
    assert.equal(done.applied, plan.pending);
  });

  test("the platform's own statements run unchanged afterwards", async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(FIVE_ROWS);
    await store.knex.raw(`UPDATE rolling_chart_data SET volume = 1 WHERE symbol = 'X'`);
    await store.knex.raw(`
      INSERT INTO rolling_chart_data (symbol, timestamp, volume)
      SELECT 'X', '2025-06-02Z'::timestamptz + n * interval '1 minute', CASE n WHEN 7 THEN 1000 ELSE 1 END FROM generate_series(0, 20) n`);
    for (const statement of PLATFORM_STATEMENTS) await store.knex.raw(statement);
    const flagged = await query(store, `SELECT volume FROM rolling_chart_data WHERE hasMissingData`);
    assert.equal(flagged, [{ volume: 1000 }]);
  });

  test('rolling back keeps the candles and the audit tables that hold rows, and migrating again works', async ({
    store,
  }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(FIVE_ROWS);
    const rolled = await rollbackStore(store);
    assert.equal(rolled, { rolledBack: [...NAMES].reverse(), kept: ['chartctl_jobs', 'rolling_chart_data'] });
    assert.equal(await getMigrationState(store), { applied: [], pending: NAMES, unknown: [] });
    assert.equal(await query(store, `SELECT count(*)::int AS rows FROM rolling_chart_data`), [{ rows: 5 }]);
    assert.equal(await query(store, `SELECT to_regclass('training_chart_data')::text AS name`), [{ name: null }]);
    assert.equal(await rollbackStore(store), { rolledBack: [], kept: [] });

    const again = await migrateStore(store);
    assert.is(again.adoptedRows, 5);
    const jobs = await query(store, `SELECT command, outcome FROM chartctl_jobs ORDER BY id`);
    assert.equal(
      jobs,
      Array.from({ length: 3 }, () => ({ command: 'migrate', outcome: 'done' })),
    );
  });

  test('a rollback that would break a view of the platform is undone and names it', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(`CREATE VIEW mine AS SELECT symbol FROM training_chart_data`);
    const before = await takeSnapshot(store);
    const failure = await failureOf(rollbackStore(store));
    assert.match(failure.message, 'mine');
    assert.is(failure.kind, 'failed');
    assert.is(await takeSnapshot(store), before);
  });

  test('a database that a newer chartctl migrated is not changed', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(`INSERT INTO chartctl_migrations (name, batch) VALUES ('20990101000000_add_wonders', 2)`);
    for (const attempt of [migrateStore, planMigration, rollbackStore, requireCurrentSchema]) {
      const failure = await failureOf(attempt(store));
      assert.is(failure.kind, 'usage');
      assert.match(failure.message, '20990101000000_add_wonders');
    }
  });

  test('a command checks a current schema with one query', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    const seen: string[] = [];
    const listen = ({ sql }: { sql: string }) => void seen.push(sql);
    store.knex.on('query', listen);
    await requireCurrentSchema(store);
    store.knex.off('query', listen);
    assert.is(seen.length, 1);
  });

  if (backend.name === 'PGlite') {
    test('the embedded database is migrated automatically', async ({ store }) => {
      await startWith(store);
      await requireCurrentSchema(store);
      assert.equal((await getMigrationState(store)).applied, NAMES);
    });
    return;
  }

  test('a server that is behind is an error that says what to run, and is not changed', async ({ store }) => {
    await startWith(store);
    const failure = await failureOf(requireCurrentSchema(store));
    assert.is(failure.kind, 'usage');
    assert.is(failure.hint, 'run: chartctl migrate');
    await migrateStore(store);
    await store.knex.raw(`DELETE FROM chartctl_migrations WHERE name = ?`, [NAMES.at(-1)!]);
    assert.match((await failureOf(requireCurrentSchema(store))).message, `lacks 1 of ${NAMES.length} migrations`);
  });

  for (const [what, sql] of [
    ['an empty database', ''],
    ['a legacy table with duplicates', `${legacyTable()} ${FIVE_ROWS} ${FIVE_ROWS}`],
  ] as const) {
    test(`six first runs at once on ${what}: one migrates, the others find nothing to do`, async ({
      store,
      database,
    }) => {
      await startWith(store, sql);
      const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(database.config)));
      try {
        const results = await Promise.all(stores.map((each) => migrateStore(each)));
        assert.equal(results.map(({ applied }) => applied.length).sort(), [0, 0, 0, 0, 0, NAMES.length]);
      } finally {
        await Promise.all(stores.map((each) => each.close()));
      }
      assert.equal(await query(store, `SELECT count(*)::int AS jobs FROM chartctl_jobs`), [{ jobs: 1 }]);
    });
  }

  test('the migration waits for a writer that holds the table', async ({ store, database }) => {
    await startWith(store, `${legacyTable()} ${FIVE_ROWS}`);
    const platform = await openStore(database.config);
    try {
      const writing = platform.knex.transaction(async (trx) => {
        await trx.raw(`INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('LATE', '2025-06-01T12:00Z')`);
        await trx.raw(`SELECT pg_sleep(0.5)`);
      });
      await new Promise((resolve) => setTimeout(resolve, 150));
      const [migrated] = await Promise.all([migrateStore(store), writing]);
      assert.is(migrated.adoptedRows, 6);
    } finally {
      await platform.close();
    }
    assert.equal(await query(store, `SELECT isComplete FROM rolling_chart_data WHERE symbol = 'LATE'`), [
      { iscomplete: false },
    ]);
  });
});

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
