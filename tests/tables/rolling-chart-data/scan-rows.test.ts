import type { Knex } from 'knex';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { Store } from '../../../src/database/store.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { findCandlesAt } from '../../../src/tables/rolling-chart-data/read-rows.js';
import { preferIndex, scanRows } from '../../../src/tables/rolling-chart-data/scan-rows.js';
import { storeGroup } from '../../harness/store-group.js';

const START = Date.parse('2024-05-01T00:00:00Z');
const minute = (n: number) => START + n * MINUTE_MS;
let symbols = 0;

/** Inserts rows from SQL values: timestamp, five numbers, source, hasMissingData. */
async function given(store: Store, ...rows: string[]): Promise<string> {
  symbols += 1;
  const symbol = `SCAN${symbols}`;
  await migrateStore(store, {});
  const values = rows.map((row) => `('${symbol}', ${row})`).join(', ');
  const columns = 'symbol, timestamp, open, high, low, close, volume, source, hasMissingData';
  if (rows.length > 0) await store.knex.raw(`INSERT INTO rolling_chart_data (${columns}) VALUES ${values}`);
  return symbol;
}

const scan = (store: Store, symbol: string) => inTransaction(store, (trx) => scanRows(trx, symbol));

storeGroup('scanRows', (test) => {
  test('sound rows are returned in columns, ordered by time, with whether they are from a fallback exchange', async ({
    store,
  }) => {
    const symbol = await given(
      store,
      `'2024-05-01T00:02Z', 3, 5, 2, 4, 1e-9, 'FALLBACK', false`,
      `'2024-05-01T00:00Z', 1.1, 2, 1, 1.5, 0, 'BINANCE', false`,
      `'2024-05-01T00:01Z', 1, 1, 1, 1, 7, NULL, NULL`,
    );
    const { series, ...others } = await scan(store, symbol);
    assert.equal(others, { count: 3, offMinute: 0, unsound: [], flagged: [] });
    assert.equal([...series.openTime], [minute(0), minute(1), minute(2)]);
    assert.equal([...series.open, ...series.high, ...series.low], [1.1, 1, 3, 2, 1, 5, 1, 1, 2]);
    assert.equal([...series.close, ...series.volume, ...series.isFallback], [1.5, 1, 4, 0, 7, 1e-9, 0, 0, 1]);
  });

  test('unsound rows are listed separately, and their numbers are read unchanged', async ({ store }) => {
    const symbol = await given(
      store,
      `'2024-05-01T00:00Z', NULL, 2, 1, 1, 1, 'BINANCE', true`,
      `'2024-05-01T00:01Z', 1, 2, 1, 1, 1, 'BINANCE', false`,
      `'2024-05-01T00:02Z', 1, 2, 1, 1, 'NaN', 'BINANCE', false`,
      `'2024-05-01T00:03Z', 1, 'Infinity', 1, 1, 1, 'BINANCE', false`,
    );
    const { series, count, unsound, flagged } = await scan(store, symbol);
    assert.equal([count, ...series.openTime], [4, minute(1)]);
    assert.equal(unsound, [minute(0), minute(2), minute(3)]);
    assert.equal(flagged, [minute(0)]);
    const candles = await inTransaction(store, (trx) => findCandlesAt(trx, symbol, unsound));
    assert.equal(
      candles.map(({ open, high, volume }) => [open, high, volume]),
      [
        [null, 2, 1],
        [1, 2, NaN],
        [1, Infinity, 1],
      ],
    );
  });

  test('rows off the whole minute, even by a microsecond, are only counted', async ({ store }) => {
    const symbol = await given(
      store,
      `'2024-05-01T00:00Z', 1, 2, 1, 1, 1, 'BINANCE', false`,
      `'2024-05-01T00:00:00.000001Z', 1, 2, 1, 1, 1, 'BINANCE', true`,
      `'2024-05-01T00:00:59.9Z', 1, 2, 1, 1, 1, 'BINANCE', false`,
      `'infinity', 1, 2, 1, 1, 1, 'BINANCE', false`,
    );
    const { series, count, offMinute, flagged } = await scan(store, symbol);
    assert.equal([count, offMinute, flagged, ...series.openTime], [4, 3, [], minute(0)]);
  });

  test('a row without timestamp, which an adopted table may contain, is only counted', async ({ store }) => {
    const symbol = await given(store);
    await store.knex.raw('ALTER TABLE rolling_chart_data ALTER COLUMN timestamp DROP NOT NULL');
    await store.knex.raw('INSERT INTO rolling_chart_data (symbol, timestamp, open) VALUES (?, NULL, 1)', [symbol]);
    const { series, count, offMinute, unsound } = await scan(store, symbol);
    assert.equal([count, offMinute, unsound, series.length], [1, 1, [], 0]);
  });

  test('a symbol without rows is empty, and decades between rows need no memory', async ({ store }) => {
    assert.is((await scan(store, await given(store))).count, 0);
    const symbol = await given(
      store,
      `'1980-01-01T00:00Z', 1, 2, 1, 1, 1, 'BINANCE', false`,
      `'2080-01-01T00:00Z', 1, 2, 1, 1, 1, 'BINANCE', false`,
    );
    const { series } = await scan(store, symbol);
    assert.is(series.length, 2);
    assert.ok(series.openTime.buffer.byteLength < 100_000, `${series.openTime.buffer.byteLength} bytes`);
  });
});

storeGroup('preferIndex', (test) => {
  test('preferIndex prevents JIT compilation, and only until the end of the transaction', async ({ store }) => {
    await migrateStore(store, {});
    const explain = async (trx: Knex.Transaction) => {
      const { rows } = await trx.raw<{ rows: Record<string, string>[] }>(
        `EXPLAIN (COSTS OFF) SELECT count(*) FROM rolling_chart_data WHERE close > random()`,
      );
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    const show = async (trx: Knex.Transaction) =>
      (
        await trx.raw<{ rows: unknown[] }>(
          `SELECT current_setting('jit') AS jit, current_setting('enable_seqscan') AS scan`,
        )
      ).rows[0];
    const before = await inTransaction(store, show);
    const [plan, within] = await inTransaction(store, async (trx) => {
      await preferIndex(trx);
      return [await explain(trx), await show(trx)] as const;
    });
    assert.match(plan, 'Scan');
    assert.not.match(plan, 'JIT');
    assert.equal(within, { jit: 'off', scan: 'off' });
    assert.equal(await inTransaction(store, show), before);
  });
});
