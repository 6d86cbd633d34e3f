import * as assert from 'uvu/assert';
import { MIGRATIONS } from '../../../migrations/index.js';
import { Failure } from '../../../src/core/failure.js';
import { DAY_MS } from '../../../src/core/minute.js';
import { describeCitusSteps, findMisplaced, refuseNodes } from '../../../src/tables/engine/citus/citus-plan.js';
import type { CitusState, CitusTable } from '../../../src/tables/engine/citus/citus-state.js';
import { chooseEngine, type InstalledEngine } from '../../../src/tables/engine/engine.js';
import { refuseEngineObstacles } from '../../../src/tables/engine/obstacles.js';
import { DISTRIBUTED_TABLES, LOCAL_TABLES } from '../../../src/tables/engine/placement.js';
import { planHypertable } from '../../../src/tables/engine/timescaledb/timescale-plan.js';
import type { Hypertable, TimescaleState } from '../../../src/tables/engine/timescaledb/timescale-state.js';
import { migrateStore, planMigration } from '../../../src/tables/migration/migrate.js';
import { onEveryDatabase } from '../../database/on-every-database.js';
import { group } from '../../harness/group.js';
import { query, startWith } from '../adoption/legacy-shapes.js';

const CITUS: InstalledEngine = { name: 'citus', version: '12.1' };
const TIMESCALE: InstalledEngine = { name: 'timescaledb', version: '2.20.3' };

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

group('the choice of the engine', (test) => {
  const NEW = { installed: [CITUS], current: null, isNew: true } as const;

  test('a new table uses the engine that is installed, and the user is told', () => {
    const { engine, notice } = chooseEngine({}, NEW);
    assert.is(engine, CITUS);
    assert.match(notice!, /Citus 12.1 is installed .* --engine none keeps the tables plain/);
    assert.equal(chooseEngine({}, { ...NEW, installed: [] }), { engine: null, notice: null });
  });

  test('tables that were migrated as plain ones are converted only on request', () => {
    const present = { ...NEW, isNew: false };
    const { engine, notice } = chooseEngine({}, present);
    assert.is(engine, null);
    assert.match(notice!, /chartctl migrate --engine citus converts them/);
    assert.is(chooseEngine({ engine: 'citus' }, present).engine, CITUS);
    assert.equal(chooseEngine({ engine: 'none' }, NEW), { engine: null, notice: null });
  });

  test('an engine that is in use stays, and another one is refused with the way back', () => {
    const used = { installed: [CITUS], current: 'citus', isNew: false } as const;
    assert.equal(chooseEngine({}, used), { engine: CITUS, notice: null });
    const failure = failureOf(() => chooseEngine({ engine: 'none' }, used));
    assert.equal([failure.kind, failure.code], ['usage', 'ENGINE_IN_USE']);
    assert.match(failure.hint!, /SELECT undistribute_table\('rolling_chart_data'\);/);
  });

  test('an engine that is not installed, or two that are, need a decision', () => {
    const absent = failureOf(() => chooseEngine({ engine: 'timescaledb' }, NEW));
    assert.equal([absent.kind, absent.code], ['usage', 'ENGINE_NOT_INSTALLED']);
    assert.match(absent.hint!, /CREATE EXTENSION timescaledb;/);
    const both = { ...NEW, installed: [CITUS, TIMESCALE] };
    assert.is(failureOf(() => chooseEngine({}, both)).code, 'ENGINE_AMBIGUOUS');
    assert.is(chooseEngine({ engine: 'timescaledb' }, both).engine, TIMESCALE);
  });
});

const PLACED: CitusTable[] = [
  ...DISTRIBUTED_TABLES.map((name): CitusTable => ({
    name,
    placement: 'distributed',
    symbolType: 'text',
    column: 'symbol',
    colocation: 3,
    shards: 32,
  })),
  ...LOCAL_TABLES.map((name): CitusTable => ({
    name,
    placement: 'local',
    symbolType: null,
    column: null,
    colocation: 0,
    shards: 0,
  })),
];
const STATE: CitusState = {
  ...{ version: '12.1', isCoordinator: true, workers: 2, inactive: [], shardCount: 32, tables: PLACED },
};

function withTable(name: string, change: Partial<CitusTable>): CitusState {
  return { ...STATE, tables: PLACED.map((table) => (table.name === name ? { ...table, ...change } : table)) };
}

group('the placement of the tables on Citus', (test) => {
  test('nothing is to be done when every table lies where the statements need it', () => {
    assert.equal(findMisplaced(STATE), []);
    assert.equal(describeCitusSteps(STATE, []), []);
    assert.equal(refuseNodes(STATE), []);
  });

  test('a plain table is distributed beside the candles', () => {
    const state = withTable('chartctl_flags', { placement: 'local', column: null, colocation: 0 });
    const [found, ...others] = findMisplaced(state);
    assert.equal(others, []);
    assert.equal(found!.statements, [
      `SELECT create_distributed_table('chartctl_flags', 'symbol', colocate_with := 'rolling_chart_data');`,
      `SELECT truncate_local_data_after_distributing_table('chartctl_flags');`,
    ]);
    assert.match(
      describeCitusSteps(state, [found!])[0]!,
      /^distribute chartctl_flags by symbol over 32 shards on 2 nodes/,
    );
  });

  test('a table beside candles whose symbol is varchar gets this type before', () => {
    const adopted = withTable('rolling_chart_data', { symbolType: 'character varying' });
    const tables = adopted.tables.filter(({ name }) => name === 'rolling_chart_data');
    const flags = { ...PLACED.find(({ name }) => name === 'chartctl_flags')!, placement: 'local' as const };
    const [found] = findMisplaced({ ...adopted, tables: [...tables, flags] });
    assert.is(found!.statements[0], 'ALTER TABLE chartctl_flags ALTER COLUMN symbol TYPE character varying;');
    assert.is(found!.statements.length, 3);
  });

  test('the candles are distributed first, with the number of shards that was asked for', () => {
    const plain = { ...STATE, tables: PLACED.map((table) => ({ ...table, placement: 'local' as const })) };
    const [chart] = findMisplaced(plain, 64);
    assert.is(
      chart!.statements[0],
      `SELECT create_distributed_table('rolling_chart_data', 'symbol', colocate_with := 'none', shard_count := 64);`,
    );
    assert.match(describeCitusSteps({ ...STATE, tables: [] }, [], 64)[0]!, /over 64 shards/);
  });

  test('a table of ours that lies elsewhere is moved, the candles only by the user', () => {
    const other = findMisplaced(withTable('rolling_chart_data', { column: 'venue' }))[0]!;
    assert.is(other.isManual, true);
    assert.match(other.problem, /is distributed by venue; expected distributed by symbol/);
    const reference = findMisplaced(withTable('chartctl_gaps', { placement: 'reference', column: null }))[0]!;
    assert.is(reference.isManual, false);
    assert.is(reference.statements[0], `SELECT undistribute_table('chartctl_gaps');`);
    const apart = findMisplaced(withTable('chartctl_gaps', { colocation: 4 }))[0]!;
    assert.match(
      apart.statements.join(),
      /alter_distributed_table\('chartctl_gaps', colocate_with := 'rolling_chart_data'\)/,
    );
    const jobs = findMisplaced(withTable('chartctl_jobs', { placement: 'reference' }))[0]!;
    assert.equal(jobs.statements, [`SELECT undistribute_table('chartctl_jobs');`]);
  });

  test('a worker, a disabled node, and a cluster without workers are refused', () => {
    assert.match(
      refuseNodes({ ...STATE, isCoordinator: false })[0]!.problem,
      /worker node of Citus; expected the coordinator/,
    );
    assert.match(refuseNodes({ ...STATE, inactive: ['db2:5432'] })[0]!.remedy, /citus_activate_node\('db2', 5432\)/);
    assert.match(refuseNodes({ ...STATE, workers: 0 })[0]!.problem, /no node of Citus takes shards/);
  });

  test('a unique key must hold the column by which the table is divided', () => {
    const found = {
      uniqueIndexes: [
        { name: 'rolling_chart_data_pkey', constraint: 'rolling_chart_data_pkey', columns: ['id'] },
        { name: 'idx_symbol_timestamp', constraint: null, columns: ['symbol', 'timestamp'] },
      ],
      ...{ foreignKeys: [], triggers: ['touch'], rules: [] },
    };
    const problems = refuseEngineObstacles('citus', found, ['symbol']);
    assert.is(problems.length, 2);
    assert.match(
      problems[0]!.remedy,
      'ALTER TABLE rolling_chart_data DROP CONSTRAINT "rolling_chart_data_pkey"; CREATE INDEX ON rolling_chart_data ("id");',
    );
    assert.match(problems[1]!.remedy, 'DROP TRIGGER "touch" ON rolling_chart_data;');
    assert.is(refuseEngineObstacles('timescaledb', found, ['timestamp']).length, 1);
  });
});

const HYPERTABLE: Hypertable = {
  dimensions: [{ column: 'timestamp', type: 'timestamp with time zone', kind: 'Time', intervalMs: 7 * DAY_MS }],
  chunks: 5,
  compressedChunks: 2,
  compression: { segmentBy: ['symbol'], orderBy: ['timestamp'] },
  compressAfterMs: 30 * DAY_MS,
};
const CHUNKS: TimescaleState = { version: '2.20.3', mayCompress: true, hypertable: HYPERTABLE };

group('the hypertable', (test) => {
  const plan = (state: TimescaleState, options = {}) =>
    planHypertable(state, options).flatMap(({ statements }) => statements);

  test('a plain table becomes one, and is compressed by symbol and time after 30 days', () => {
    const statements = plan({ ...CHUNKS, hypertable: null });
    assert.is(statements.length, 3);
    assert.match(
      statements[0]!,
      /create_hypertable\('rolling_chart_data', 'timestamp', chunk_time_interval => interval '604800 seconds'/,
    );
    assert.match(statements[1]!, /compress_segmentby = 'symbol', timescaledb.compress_orderby = 'timestamp'/);
    assert.is(statements[2], `SELECT add_compression_policy('rolling_chart_data', interval '2592000 seconds');`);
    assert.is(plan({ ...CHUNKS, hypertable: null, mayCompress: false }).length, 1);
    assert.is(plan({ ...CHUNKS, hypertable: null }, { compressAfterMs: null }).length, 1);
  });

  test('one that exists is left as it is, unless an option says otherwise', () => {
    assert.equal(plan(CHUNKS), []);
    assert.equal(plan(CHUNKS, { chunkIntervalMs: 7 * DAY_MS, compressAfterMs: 30 * DAY_MS }), []);
    assert.equal(plan({ ...CHUNKS, hypertable: { ...HYPERTABLE, compression: null, compressAfterMs: null } }), []);
    assert.equal(plan(CHUNKS, { chunkIntervalMs: DAY_MS }), [
      `SELECT set_chunk_time_interval('rolling_chart_data', interval '86400 seconds');`,
    ]);
    assert.equal(plan(CHUNKS, { compressAfterMs: null }), [`SELECT remove_compression_policy('rolling_chart_data');`]);
    assert.equal(plan(CHUNKS, { compressAfterMs: 60 * DAY_MS }), [
      `SELECT remove_compression_policy('rolling_chart_data');`,
      `SELECT add_compression_policy('rolling_chart_data', interval '5184000 seconds');`,
    ]);
  });
});

onEveryDatabase('migrate without an engine', (test) => {
  test('every table of the migrations is either distributed by symbol or local', async ({ store }) => {
    await startWith(store);
    const { engine, notices } = await migrateStore(store);
    assert.equal([engine, notices], [null, []]);
    const tables = await query<{ name: string }>(
      store,
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    assert.equal(
      tables.map(({ name }) => name),
      [...DISTRIBUTED_TABLES, ...LOCAL_TABLES].sort(),
    );
  });

  test('every unique key of a distributed table holds the symbol', async ({ store }) => {
    const keys = await query<{ table: string; columns: string[] }>(
      store,
      `SELECT relname AS table, ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)) AS columns
       FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE indisunique AND relnamespace = 'public'::regnamespace`,
    );
    const names: readonly string[] = DISTRIBUTED_TABLES;
    const distributed = keys.filter(({ table }) => names.includes(table));
    assert.ok(distributed.length >= 4);
    for (const { table, columns } of distributed) assert.ok(columns.includes('symbol'), table);
  });

  test('an engine that is not installed is refused, and so are its options; nothing is changed', async ({ store }) => {
    for (const options of [
      { engine: 'citus' },
      { shards: 8 },
      { chunkIntervalMs: DAY_MS },
      { compressAfterMs: null },
    ] as const) {
      for (const attempt of [planMigration, migrateStore]) {
        const failure = await attempt(store, options).then(
          () => undefined,
          (error: unknown) => error,
        );
        assert.ok(failure instanceof Failure, JSON.stringify(options));
        assert.is(failure.kind, 'usage');
        const remedy = store.kind === 'embedded' ? /^set DATABASE_URL/ : /^CREATE EXTENSION citus;/;
        if ('engine' in options) assert.match(failure.hint ?? '', remedy);
      }
    }
    assert.equal((await planMigration(store)).steps, []);
    const applied = await query(store, 'SELECT name FROM chartctl_migrations');
    assert.is(applied.length, MIGRATIONS.length);
  });
});
