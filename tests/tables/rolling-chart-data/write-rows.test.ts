import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Failure } from '../../../src/core/failure.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../../src/indicators/indicators.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { rowAt, toBlock } from '../../../src/rows/row-block.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { moveRowsToMinutes } from '../../../src/tables/rolling-chart-data/off-minute-rows.js';
import { loadBlock, loadBlocks } from '../../../src/tables/rolling-chart-data/read-rows.js';
import { findNewestMinutes, findStoredEnds } from '../../../src/tables/rolling-chart-data/row-ends.js';
import {
  CANDLE_UPDATE_COLUMNS,
  INDICATOR_UPDATE_COLUMNS,
  insertBlocks,
  updateBlock,
} from '../../../src/tables/rolling-chart-data/write-rows.js';
import type { TestDatabase } from '../../harness/databases.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { storeGroup } from '../../harness/store-group.js';
import { readRows } from '../../harness/read-rows.js';

const START = Date.parse('2025-06-01T12:00:00Z');
const ALL = { from: Date.parse('1990-01-01T00:00:00Z'), to: Date.parse('2100-01-01T00:00:00Z') };

function indicators(valueOf: (place: number) => number | null): Indicators {
  return Object.fromEntries(INDICATOR_COLUMNS.map((column, place) => [column, valueOf(place)])) as Indicators;
}

const ROW: ChartRow = {
  openTime: START,
  open: 0.1,
  high: 1e-300,
  low: 1.7976931348623157e308,
  close: 5e-324,
  volume: 123456789.12345678,
  indicators: indicators((place) => place / 3),
  source: 'BINANCE_BACKFILL',
  hasMissingData: true,
  isComplete: false,
  writtenAt: new Date('2026-11-22T09:08:07.654Z'),
};

const ROWS: ChartRow[] = [
  { ...ROW, openTime: Date.parse('1999-12-31T23:59:00Z'), writtenAt: new Date('1969-07-20T20:17:40.001Z') },
  ROW,
  {
    ...ROW,
    openTime: START + MINUTE_MS,
    open: null,
    close: null,
    indicators: indicators(() => null),
    source: 'FALLBACK',
    writtenAt: null,
  },
  {
    ...ROW,
    openTime: START + 2 * MINUTE_MS,
    high: Infinity,
    indicators: indicators((place) => (place % 2 === 0 ? -place : null)),
    source: 'BINANCE',
    hasMissingData: false,
    isComplete: true,
  },
];

async function filled(store: Store, symbol: string, rows = ROWS, { migrated = false } = {}): Promise<void> {
  if (!migrated) await migrateStore(store);
  const indices = rows.map((_, i) => i);
  await inTransaction(store, (trx) => insertBlocks(trx, [{ symbol, block: toBlock(rows), indices }]));
}

function load(store: Store, symbol: string, range = ALL) {
  return inTransaction(store, (trx) => loadBlock(trx, symbol, range));
}

storeGroup('rows in columns', (test, backend) => {
  test('rows are read bit for bit as they were written, by both ways of reading', async ({ store }) => {
    await filled(store, 'BTCUSDT');
    const block = await load(store, 'BTCUSDT');
    assert.equal(
      ROWS.map((_, i) => rowAt(block, i)),
      ROWS,
    );
    assert.is(block.length, ROWS.length);
    assert.equal(await readRows(store.knex, 'BTCUSDT', ALL), ROWS);
  });

  test('rows are read in order, only within the range and on whole minutes', async ({ store }) => {
    await filled(store, 'ETHUSDT', [ROWS[3]!, ROWS[1]!, ROWS[2]!]);
    await store.knex('rolling_chart_data').insert({ symbol: 'ETHUSDT', timestamp: new Date(START + 1500) });
    const block = await load(store, 'ETHUSDT', { from: START, to: START + 2 * MINUTE_MS });
    assert.equal([...block.openTime], [START, START + MINUTE_MS]);
    assert.is((await load(store, 'ETHUSDT', { from: 0, to: START })).length, 0);
  });

  test('rows of several symbols are read in order, each in its range, without indicators in the look-back', async ({
    store,
  }) => {
    await migrateStore(store);
    const rows = Array.from({ length: 6 }, (_, i) => ({ ...ROWS[1]!, openTime: START + i * MINUTE_MS }));
    for (const symbol of ['AAA', 'BBB']) await filled(store, symbol, [...rows].reverse(), { migrated: true });
    const minute = (i: number) => START + i * MINUTE_MS;
    const wanted = [
      { symbol: 'AAA', range: { from: minute(1), to: minute(5) }, whole: minute(3) },
      { symbol: 'BBB', range: { from: minute(0), to: minute(6) }, whole: minute(6) },
      { symbol: 'CCC', range: { from: minute(0), to: minute(6) }, whole: minute(0) },
    ];
    // the order of the file: the planner would not choose it for a table as small as this one
    const [a, b, c] = await inTransaction(store, async (trx) => {
      await trx.raw('SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off');
      return loadBlocks(trx, wanted);
    });
    assert.equal([...a!.openTime], [1, 2, 3, 4].map(minute));
    assert.equal([...a!.rsi], [NaN, NaN, 0, 0]);
    assert.equal(
      [...a!.close],
      [1, 1, 1, 1].map(() => rows[0]!.close),
    );
    assert.equal(rowAt(a!, 3), rows[4]);
    assert.equal([...b!.openTime], [0, 1, 2, 3, 4, 5].map(minute));
    assert.equal([...b!.writtenAt], Array(6).fill(NaN));
    assert.is(c!.length, 0);
  });

  test('the newest rows are found whether they are minutes, hours or years old', async ({ store }) => {
    await migrateStore(store);
    const end = START + 2_000 * MINUTE_MS;
    const ages = { NOW: 1, HOUR: 60, OLD: 500_000 };
    for (const [symbol, age] of Object.entries(ages)) {
      await filled(store, symbol, [{ ...ROW, openTime: end - age * MINUTE_MS }], { migrated: true });
    }
    await store.knex('rolling_chart_data').insert([
      { symbol: 'HOUR', timestamp: new Date(end - MINUTE_MS) },
      { symbol: 'HOUR', timestamp: new Date(end - MINUTE_MS + 1) },
      { symbol: 'NOW', timestamp: new Date(end) },
    ]);
    const names = ['NOW', 'HOUR', 'OLD', 'NONE'];
    const at = (age: number) => end - age * MINUTE_MS;
    const ends = await findStoredEnds(store.knex, names, { from: end - 1_000 * MINUTE_MS, to: end });
    assert.equal(ends.get('NOW'), { newest: at(1), checked: at(1) });
    assert.equal(ends.get('HOUR'), { newest: at(1), checked: at(60) });
    assert.equal(ends.get('OLD'), { newest: at(500_000), checked: null });
    assert.not(ends.has('NONE'));
    const newest = await findNewestMinutes(store.knex, names, end);
    assert.equal(Object.fromEntries(newest), { NOW: at(1), HOUR: at(1), OLD: at(500_000) });
  });

  test('a moved row keeps the columns of the platform, and its key there', async ({ store }) => {
    await migrateStore(store);
    await store.knex.raw(`ALTER TABLE rolling_chart_data ADD note text, ADD ticket bigint UNIQUE,
      ADD doubled double precision GENERATED ALWAYS AS (close * 2) STORED`);
    const time = '2025-06-01 12:00:07.000001+00';
    await store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, close, note, ticket) VALUES ('MOVED', ?, 4, 'kept', 77)`,
      [time],
    );
    await inTransaction(store, (trx) => moveRowsToMinutes(trx, 'MOVED', [{ time, minute: START }]));
    const rows = await store.knex('rolling_chart_data').where({ symbol: 'MOVED' }).select();
    assert.equal(
      rows.map(({ timestamp, close, note, ticket, doubled }) => [timestamp, close, note, ticket, doubled] as unknown[]),
      [[new Date(START), 4, 'kept', '77', 8]],
    );
    await store.knex.raw('ALTER TABLE rolling_chart_data DROP note, DROP ticket, DROP doubled');
  });

  test('NULL in a row of another writer is read as source BINANCE, not flagged and incomplete', async ({ store }) => {
    await migrateStore(store);
    const nothing = { source: null, hasmissingdata: null, iscomplete: null };
    await store.knex('rolling_chart_data').insert({ symbol: 'XRPUSDT', timestamp: new Date(START), ...nothing });
    const row = rowAt(await load(store, 'XRPUSDT'), 0);
    assert.is(row.source, 'BINANCE');
    assert.is(row.hasMissingData, false);
    assert.is(row.isComplete, false);
    assert.is(row.writtenAt, null);
  });

  test('a stored NaN is distinguished from a NULL indicator', async ({ store }) => {
    await filled(store, 'ADAUSDT');
    await store.knex.raw(`update rolling_chart_data set rsi = 'NaN', macd = null where symbol = 'ADAUSDT'`);
    const block = await load(store, 'ADAUSDT');
    assert.is(block.rsi[0], Infinity);
    assert.ok(Number.isNaN(block.macd[0]));
  });

  test('inserting an existing minute fails with SQLSTATE 23505', async ({ store }) => {
    await filled(store, 'SOLUSDT');
    const failure = await filled(store, 'SOLUSDT').catch((error: unknown) => error as { code?: string });
    assert.is(failure?.code, '23505');
  });

  test('an update writes the given columns of the given rows and nothing else', async ({ store }) => {
    await filled(store, 'BNBUSDT');
    const changed = toBlock(
      ROWS.map((row) => ({ ...row, volume: 7, indicators: indicators(() => 0.5), isComplete: true, writtenAt: null })),
    );
    const update = (columns: typeof CANDLE_UPDATE_COLUMNS | typeof INDICATOR_UPDATE_COLUMNS, indices: number[]) =>
      inTransaction(store, (trx) => updateBlock(trx, columns, { symbol: 'BNBUSDT', block: changed, indices }));
    await update(INDICATOR_UPDATE_COLUMNS, [1]);
    await update(CANDLE_UPDATE_COLUMNS, [0, 3]);
    await update(CANDLE_UPDATE_COLUMNS, []);
    const now = await readRows(store.knex, 'BNBUSDT', ALL);
    assert.equal(now[1], { ...ROWS[1]!, indicators: indicators(() => 0.5), isComplete: true });
    assert.equal(now[2], ROWS[2]);
    assert.equal([now[0], now[3]], [rowAt(changed, 0), rowAt(changed, 3)]);
  });

  test('an update of thousands of rows does the same and leaves no temporary table behind', async ({ store }) => {
    const many = Array.from({ length: 2_500 }, (_, i) => ({ ...ROW, openTime: START + i * MINUTE_MS }));
    await filled(store, 'LTCUSDT', many);
    const changed = toBlock(many.map((row, i) => ({ ...row, volume: i, indicators: indicators(() => i / 3) })));
    const indices = many.map((_, i) => i).filter((i) => i !== 7);
    await inTransaction(store, async (trx) => {
      await updateBlock(trx, CANDLE_UPDATE_COLUMNS, { symbol: 'LTCUSDT', block: changed, indices });
      await updateBlock(trx, INDICATOR_UPDATE_COLUMNS, { symbol: 'LTCUSDT', block: changed, indices });
    });
    const now = await readRows(store.knex, 'LTCUSDT', ALL);
    assert.equal(
      now,
      many.map((row, i) => (i === 7 ? row : rowAt(changed, i))),
    );
    assert.is(await store.knex.schema.hasTable('chartctl_stage'), false);
  });

  if (backend.name !== 'PostgreSQL') return;

  test('a role without the privilege for temporary tables can update thousands of rows, too', async ({
    store,
    database,
  }) => {
    const many = Array.from({ length: 1_500 }, (_, i) => ({ ...ROW, openTime: START + i * MINUTE_MS }));
    await filled(store, 'DOTUSDT', many);
    const limited = await openAs(database, (role, name) => `REVOKE TEMP ON DATABASE ${name} FROM PUBLIC, ${role}`);
    const changed = toBlock(many.map((row, i) => ({ ...row, indicators: indicators(() => i / 3) })));
    const indices = many.map((_, i) => i);
    await inTransaction(limited, (trx) =>
      updateBlock(trx, INDICATOR_UPDATE_COLUMNS, { symbol: 'DOTUSDT', block: changed, indices }),
    );
    await limited.close();
    const now = await readRows(store.knex, 'DOTUSDT', ALL);
    assert.equal(now.at(-1), rowAt(changed, 1_499));
  });

  test('under row-level security few rows can be inserted, and many are refused with the reason', async ({
    store,
    database,
  }) => {
    await migrateStore(store);
    const bound = await openAs(
      database,
      () => `ALTER TABLE rolling_chart_data ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everything ON rolling_chart_data USING (true) WITH CHECK (true)`,
    );
    await filled(bound, 'UNIUSDT', [ROW], { migrated: true });
    assert.is((await readRows(bound.knex, 'UNIUSDT', ALL)).length, 1);
    const many = Array.from({ length: 300 }, (_, i) => ({ ...ROW, openTime: START + (i + 1) * MINUTE_MS }));
    const refused = await filled(bound, 'UNIUSDT', many, { migrated: true }).catch(
      (error: unknown) => error as Failure,
    );
    await bound.close();
    assert.match(refused!.message, /row-level security/);
    assert.match(refused!.hint!, /BYPASSRLS/);
  });
});

/** A connection of a new role that may use the tables, restricted by the SQL of `limit`. */
async function openAs({ superuser }: TestDatabase, limit: (role: string, database: string) => string): Promise<Store> {
  if (superuser.kind !== 'postgres') throw new Error('only a server has roles');
  const role = `chartctl_test_${randomBytes(4).toString('hex')}`;
  const url = new URL(superuser.url);
  await runStatement(
    superuser.url,
    `CREATE ROLE ${role} LOGIN;
    GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role};
    ${limit(role, url.pathname.slice(1))}`,
  );
  url.username = role;
  return openStore({ kind: 'postgres', url: url.href });
}
