import type { Knex } from 'knex';
import { loadModule, parseSync } from 'libpg-query';
import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import * as requireIndicators from '../../migrations/20261130110000_require_indicators_in_view.js';
import { MIGRATIONS } from '../../migrations/index.js';
import { SOURCES } from '../../src/core/candle.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { onEveryDatabase } from '../database/on-every-database.js';
import { group } from '../harness/group.js';
import { query, startWith } from '../tables/adoption/legacy-shapes.js';

const OTHER_INDICATORS = INDICATOR_COLUMNS.filter((column) => column !== 'rsi');

group('migrations', (test) => {
  test('every file of the folder is listed under its name without extension, in order', () => {
    const files = readdirSync('migrations').filter((file) => /^\d/.test(file));
    const names = files.map((file) => file.replace(/\.ts$/, '')).sort();
    assert.equal(
      MIGRATIONS.map(({ name }) => name),
      names,
    );
    assert.ok(names.every((name) => /^\d{14}_[a-z]+(_[a-z]+)+$/.test(name)));
  });

  test('a migration of tables that may be distributed sends one command at a time, as workers of Citus take them', async () => {
    await loadModule();
    const later = MIGRATIONS.filter(({ name }) => name > LAST_OF_LOCAL_TABLES);
    assert.ok(later.length > 0);
    for (const { name, migration } of later) {
      const sent: string[] = [];
      const recorder = { raw: (sql: string) => Promise.resolve(void sent.push(sql)) } as unknown as Knex;
      await migration.up(recorder);
      await migration.down?.(recorder);
      assert.ok(sent.length > 0, name);
      for (const sql of sent) assert.is(parseSync(sql).stmts?.length, 1, `${name}: ${sql}`);
    }
  });
});

/** Up to this one, `migrate` places the tables after the migrations; later ones meet distributed tables. */
const LAST_OF_LOCAL_TABLES = '20261130190000_create_archive_files';

onEveryDatabase('the schema', (test) => {
  test('a new table has the documented columns in order, each with its unit in a comment', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    const columns = await query<{ name: string; type: string; comment: string | null }>(
      store,
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, col_description(attrelid, attnum) AS comment
       FROM pg_attribute WHERE attrelid = 'rolling_chart_data'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    assert.equal(
      columns.map(({ name, type }) => `${name} ${type}`),
      [
        'symbol text',
        'timestamp timestamp with time zone',
        ...['open', 'high', 'low', 'close', 'volume', ...INDICATOR_COLUMNS].map((name) => `${name} double precision`),
        'source text',
        'hasmissingdata boolean',
        'iscomplete boolean',
        'written_at timestamp with time zone',
      ],
    );
    assert.equal(
      columns.filter(({ comment }) => !comment),
      [],
    );
    assert.match(columns.find(({ name }) => name === 'volume')!.comment!, 'base asset');
  });

  test('columns have defaults, and the camel-case names work unquoted', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(`INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('X', '2025-06-01T00:00Z')`);
    const rows = await query(store, `SELECT source, hasMissingData, isComplete, written_at FROM rolling_chart_data`);
    assert.equal(rows, [{ source: 'BINANCE', hasmissingdata: false, iscomplete: true, written_at: null }]);
  });

  test('a second row of a minute, a row without symbol and an unknown source are rejected', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    const insert = (values: string) =>
      store.knex.raw(`INSERT INTO rolling_chart_data (symbol, timestamp, source) VALUES (${values})`);
    for (const [i, source] of SOURCES.entries()) await insert(`'X', '2025-06-01T00:0${i}Z', '${source}'`);
    assert.is(await sqlStateOf(insert(`'X', '2025-06-01T00:00Z', 'BINANCE'`)), '23505');
    assert.is(await sqlStateOf(insert(`NULL, '2025-06-01T00:09Z', 'BINANCE'`)), '23502');
    assert.is(await sqlStateOf(insert(`'X', '2025-06-01T00:09Z', 'binance'`)), '23514');
  });

  test('the view contains complete, unflagged, sound rows with all indicators and nothing else', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    const good = {
      open: '2',
      high: '3',
      low: '1',
      close: '2',
      volume: '0',
      missing: 'false',
      complete: 'true',
      rsi: '0',
    };
    const bad: Partial<typeof good>[] = [
      { missing: 'true' },
      { complete: 'false' },
      { complete: 'NULL' },
      { volume: 'NULL' },
      { volume: '-1' },
      { volume: `'NaN'` },
      { volume: `'Infinity'` },
      { high: `'Infinity'` },
      { high: `'NaN'` },
      { open: `'NaN'` },
      { close: 'NULL' },
      { low: '0' },
      { low: '2.5' },
      { high: '1.5' },
      { rsi: 'NULL' },
      { rsi: `'NaN'` },
      { rsi: `'-Infinity'` },
    ];
    // a NULL mark, as the platform's own statements leave it, means not flagged
    for (const [minute, change] of [{}, { missing: 'NULL' }, ...bad].entries()) {
      const row = { ...good, ...change };
      await store.knex.raw(
        `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, hasMissingData, isComplete,
           rsi, ${OTHER_INDICATORS.join(', ')})
         VALUES ('X', '2025-06-01T00:${String(minute).padStart(2, '0')}Z', ${Object.values(row).join(', ')},
           ${OTHER_INDICATORS.map(() => 0).join(', ')})`,
      );
    }
    const shown = await query<{ timestamp: Date }>(store, `SELECT * FROM training_chart_data ORDER BY timestamp`);
    assert.equal(
      shown.map(({ timestamp }) => timestamp.toISOString()),
      ['2025-06-01T00:00:00.000Z', '2025-06-01T00:01:00.000Z'],
    );
    assert.equal(Object.keys(shown[0]!), [
      ...['symbol', 'timestamp', 'open', 'high', 'low', 'close', 'volume'],
      ...INDICATOR_COLUMNS,
      'source',
    ]);
  });

  test('down restores the view that did not ask for indicators, up asks again', async ({ store }) => {
    await startWith(store);
    await migrateStore(store);
    await store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume) VALUES ('X', '2025-06-01Z', 1, 1, 1, 1, 0)`,
    );
    const shown: number[] = [];
    for (const step of [requireIndicators.down, requireIndicators.up]) {
      await step(store.knex);
      shown.push((await query(store, 'SELECT 1 FROM training_chart_data')).length);
    }
    assert.equal(shown, [1, 0]);
  });
});

async function sqlStateOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}
