import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { migrateStore, planMigration } from '../../../src/tables/migration/migrate.js';
import type { MigrateOptions } from '../../../src/tables/migration/plan.js';
import { requireCurrentSchema } from '../../../src/tables/migration/require-current-schema.js';
import { onEveryDatabase } from '../../database/on-every-database.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { FIVE_ROWS, legacyTable, query, startWith, takeSnapshot } from './legacy-shapes.js';
import { pasteUntilMigrated, splitStatements } from './paste-remedies.js';

/** A thousand minutes of an ORM's table, of which the platform flagged five. */
const FLAGGED = (flag: string, complete: string) => `
  ${legacyTable({ id: 'serial PRIMARY KEY', timestamp: 'timestamp NOT NULL', open: 'numeric(20,8) NOT NULL', [flag]: 'boolean DEFAULT false', [complete]: 'boolean DEFAULT true' })}
  INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, ${flag})
  SELECT 'BTCUSDT', timestamp '2025-06-01' + i * interval '1 minute', 100 + sin(i), 102 + sin(i), 98 + sin(i), 100 + sin(i + 1), 5, i BETWEEN 600 AND 604
  FROM generate_series(0, 999) i;`;

/** 600 one-minute candles and 10 of one hour in the same minutes; further columns and a key are added by the tests. */
const TWO_INTERVALS = (key: string, column = `"interval" text NOT NULL DEFAULT '1m'`) => `
  CREATE TABLE rolling_chart_data (symbol text NOT NULL, ${column}, timestamp timestamptz NOT NULL,
    open float8, high float8, low float8, close float8, volume float8${key});
  INSERT INTO rolling_chart_data SELECT 'BTCUSDT', '1m', '2025-06-01Z'::timestamptz + i * interval '1 minute', 100, 102, 98, 100, 5 FROM generate_series(0, 599) i;
  INSERT INTO rolling_chart_data SELECT 'BTCUSDT', '1h', '2025-06-01Z'::timestamptz + i * interval '1 hour', 100, 120, 80, 110, 300 FROM generate_series(0, 9) i;`;

const CLEAR = `DROP SCHEMA IF EXISTS market CASCADE;`;

async function refusalsOf(store: Store, options: MigrateOptions = {}): Promise<string> {
  const { refusals } = await planMigration(store, options);
  return refusals.map(({ problem, remedy }) => `${problem}\n${remedy}`).join('\n');
}

onEveryDatabase('adoption by meaning', (test, backend) => {
  for (const [flag, complete] of [
    ['has_missing_data', 'is_complete'],
    ['"hasMissingData"', '"isComplete"'],
  ] as const) {
    test(`rows that the platform flagged in ${flag} stay flagged and out of the view`, async ({ store }) => {
      await startWith(store, FLAGGED(flag, complete));
      assert.match(
        await refusalsOf(store),
        `${complete.startsWith('"') ? complete : `"${complete}"`}, expected iscomplete`,
      );
      const before = await takeSnapshot(store);
      await failureWith({ code: 'MIGRATION_REFUSED' }, migrateStore(store));
      assert.is(await takeSnapshot(store), before);

      await migrateStore(store, { adoptSpelling: true });
      await rebuild({ store }, { symbols: 'all' });
      const rows = await query(
        store,
        `SELECT count(*)::int AS valid, count(*) FILTER (WHERE timestamp BETWEEN '2025-06-01T10:00Z' AND '2025-06-01T10:04Z')::int AS flagged
         FROM training_chart_data`,
      );
      assert.equal(rows, [{ valid: 595, flagged: 0 }]);
      assert.equal(await query(store, `SELECT count(*)::int AS n FROM rolling_chart_data WHERE hasMissingData`), [
        { n: 5 },
      ]);
      assert.equal(
        await query(store, `SELECT count(*)::int AS n FROM rolling_chart_data WHERE isComplete AND rsi IS NULL`),
        [{ n: 0 }],
      );
    });
  }

  test('the pasted statements do the same as the option, and both print the lines that ORMs need', async ({
    store,
  }) => {
    const shape = legacyTable({
      open_time: 'timestamptz',
      is_complete: 'boolean',
      bollinger_upper: 'real',
      volatility_5min: 'numeric',
    });
    const table = shape.replace('timestamp timestamptz, ', '');
    await startWith(store, table);
    const refused = await refusalsOf(store);
    for (const line of [
      `-- in the platform's Drizzle model:`,
      `--   isComplete: boolean('iscomplete'),`,
      `--   openTime: timestamp('timestamp', { withTimezone: true }),`,
      `--   openTime DateTime @map("timestamp") @db.Timestamptz(6)`,
      `--   bollingerUpper Float? @map("bb_upper")`,
      `--   @Column({ name: 'volatility_5m', type: 'double precision' }) volatility5min;`,
      `--   isComplete: { type: DataTypes.BOOLEAN, field: 'iscomplete' },`,
      `-- if "open_time" means something else, give it another name`,
    ])
      assert.match(refused, line);
    const { refused: rounds } = await pasteUntilMigrated(store);
    assert.is(rounds.length, 1);

    await startWith(store, table);
    const { steps } = await migrateStore(store, { adoptQuoted: true });
    assert.match(steps.join('\n'), `rename the column "open_time" to timestamp`);
    assert.match(steps.join('\n'), `  isComplete Boolean? @map("iscomplete")`);
    const own = await query(
      store,
      `SELECT attname FROM pg_attribute WHERE attrelid = 'rolling_chart_data'::regclass AND attname IN ('open_time', 'is_complete', 'bollinger_upper', 'volatility_5min')`,
    );
    assert.equal(own, []);
  });

  test('of two columns for the flag every set flag is kept, of others the fuller column', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ hasmissingdata: 'boolean', has_missing_data: 'boolean', rsi: 'real', rsi_14: 'real' })} ${FIVE_ROWS}
      UPDATE rolling_chart_data SET hasmissingdata = volume = 1, has_missing_data = volume = 2, rsi_14 = 50;`,
    );
    const refused = await refusalsOf(store, { adoptSpelling: true });
    assert.match(
      refused,
      '2 columns for hasmissingdata: "hasmissingdata" (true in 1 rows), "has_missing_data" (true in 1 rows)',
    );
    assert.match(refused, '2 columns for rsi: "rsi" (a value in 0 rows), "rsi_14" (a value in 5 rows)');
    await pasteUntilMigrated(store);
    assert.equal(
      await query(store, `SELECT volume, rsi FROM rolling_chart_data WHERE hasMissingData ORDER BY volume`),
      [
        { volume: 1, rsi: 50 },
        { volume: 2, rsi: 50 },
      ],
    );
  });

  test('--where adopts a part; the other rows move whole to a table of their own, and later rows get the same interval', async ({
    store,
  }) => {
    await startWith(
      store,
      `${TWO_INTERVALS(', PRIMARY KEY (symbol, "interval", timestamp)')}
      ALTER TABLE rolling_chart_data ALTER COLUMN "interval" SET DEFAULT '1h'; CREATE TABLE rolling_chart_data_set_aside ();`,
    );
    const where = `"interval" = '1m' -- and nothing else`;
    const plan = await planMigration(store, { where });
    assert.equal(plan.refusals, []);
    const { steps, setAside, adoptedRows, duplicatesRemoved } = await migrateStore(store, { where });
    assert.equal(steps, plan.steps);
    assert.equal(
      { setAside, adoptedRows, duplicatesRemoved },
      {
        setAside: { table: 'rolling_chart_data_set_aside_2', rows: 10 },
        adoptedRows: 600,
        duplicatesRemoved: 0,
      },
    );
    assert.match(
      steps.join('\n'),
      `move 10 rows for which ${where} is not true to the new table rolling_chart_data_set_aside_2`,
    );
    assert.match(steps.join('\n'), `set the default of "interval" to "1m"`);
    const moved = await query(store, `SELECT * FROM rolling_chart_data_set_aside_2 ORDER BY timestamp LIMIT 1`);
    assert.equal(moved, [
      {
        symbol: 'BTCUSDT',
        interval: '1h',
        timestamp: new Date('2025-06-01Z'),
        open: 100,
        high: 120,
        low: 80,
        close: 110,
        volume: 300,
      },
    ]);
    await store.knex.raw(`INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('NEW', '2025-06-01Z')`);
    assert.equal(await query(store, `SELECT "interval" AS i FROM rolling_chart_data WHERE symbol = 'NEW'`), [
      { i: '1m' },
    ]);
    const again = await failureWith({ kind: 'usage' }, migrateStore(store, { where }));
    assert.match(again.message, 'there is none to adopt');
  });

  for (const [where, message] of [
    ['intervall = 1', /column "intervall" does not exist/],
    [`"interval" =`, /syntax error/],
    ['true; DROP TABLE rolling_chart_data', /syntax error|multiple commands/],
    [`true)) FROM rolling_chart_data WHERE $1; DROP TABLE rolling_chart_data; --`, /syntax error|multiple commands/],
    ['volume', /./],
    ['count(*) > 1', /aggregate/],
    [`"interval" = '7m'`, /no row of rolling_chart_data satisfies/],
  ] as const) {
    test(`the condition ${where} is wrong usage, and nothing is changed`, async ({ store }) => {
      await startWith(store, TWO_INTERVALS(''));
      const before = await takeSnapshot(store);
      for (const attempt of [migrateStore, planMigration]) {
        const failure = await failureWith({ kind: 'usage', code: 'BAD_CONDITION' }, attempt(store, { where }));
        assert.match(failure.message, message);
      }
      assert.is(await takeSnapshot(store), before);
    });
  }

  test('symbols of another spelling are renamed by the printed statements, and those that collide are set aside', async ({
    store,
  }) => {
    await startWith(
      store,
      `${legacyTable({ note: 'text' })}
       INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
       SELECT s, '2025-06-01T10:00Z'::timestamptz + n * interval '1 minute', 1, 1, 1, 1, 1
       FROM unnest(array['BTC/USDT', 'btcusdt', 'BTC-USDT', 'BTCUSDT ']) WITH ORDINALITY AS u(s, place), generate_series(0, 4 - place) n;
       INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('ETH_USDT', '2025-06-01Z'), ('BTC/USDT:USDT', '2025-06-01Z'), ('XRP-PERP', '2025-06-01Z');`,
    );
    const refused = await refusalsOf(store);
    assert.match(
      refused,
      `the symbol BTCUSDT is spelt otherwise: "btcusdt" in 3 rows, "BTCUSDT " in 1 rows, "BTC/USDT" in 4 rows, "BTC-USDT" in 2 rows; 6 of these rows have a minute`,
    );
    assert.match(refused, `UPDATE rolling_chart_data SET "symbol" = 'ETHUSDT' WHERE "symbol"::text = 'ETH_USDT';`);
    const { steps } = await planWithoutRefusals(store, { keepSymbols: true });
    assert.match(steps.join('\n'), `keep "ETH_USDT", which commands for ETHUSDT do not find`);
    const { result } = await pasteUntilMigrated(store);
    assert.match(result.steps.join('\n'), 'keep the symbol "BTC/USDT:USDT": no command accepts it');
    assert.equal(
      await query(store, `SELECT symbol, count(*)::int AS n FROM rolling_chart_data GROUP BY 1 ORDER BY 1`),
      [
        { symbol: 'BTC/USDT:USDT', n: 1 },
        { symbol: 'BTCUSDT', n: 4 },
        { symbol: 'ETHUSDT', n: 1 },
        { symbol: 'XRP-PERP', n: 1 },
      ],
    );
    assert.is((await query(store, 'SELECT 1 FROM rolling_chart_data_same_minute')).length, 6);
  });

  for (const [what, sql, named] of [
    [
      'in another schema',
      `CREATE SCHEMA market; ${legacyTable().replace('TABLE ', 'TABLE market.')}`,
      'market.rolling_chart_data',
    ],
    [
      'of a quoted name',
      legacyTable().replace('TABLE rolling_chart_data', 'TABLE "RollingChartData"'),
      'public."RollingChartData"',
    ],
    [
      'of a plural name',
      legacyTable().replace('rolling_chart_data', 'rolling_chart_datas'),
      'public.rolling_chart_datas',
    ],
    [
      'of a quoted name in another schema',
      `CREATE SCHEMA market; ${legacyTable().replace('TABLE rolling_chart_data', 'TABLE market."rollingChartData"')}`,
      'market."rollingChartData"',
    ],
  ] as const) {
    test(`a table ${what} is named before a second one is made`, async ({ store, database }) => {
      await startWith(store, `${CLEAR} ${sql}`);
      await store.knex.raw(FIVE_ROWS.replace('rolling_chart_data', named));
      try {
        assert.match(await refusalsOf(store), `there is ${named}, which the name rolling_chart_data does not reach`);
        if (backend.name !== 'PGlite') {
          const behind = await failureWith({ code: 'SCHEMA_BEHIND' }, requireCurrentSchema(store));
          assert.match(behind.hint!, `there is a table ${named}`);
        }
        const { refusals } = await planMigration(store);
        await store.knex.raw(refusals[0]!.remedy);
        const [path] = /search_path = [^;]*/.exec(refusals[0]!.remedy) ?? [];
        if (backend.name === 'PGlite') {
          await store.knex.raw(`SET ${path ?? 'search_path = public'}`);
          assert.is((await migrateStore(store)).adoptedRows, 5);
          return;
        }
        const later = await openStore(database.config); // the setting of a role applies to new sessions
        try {
          assert.is((await migrateStore(later)).adoptedRows, 5);
          if (path === undefined) return;
          const unreached = await failureWith({ code: 'SCHEMA_BEHIND' }, requireCurrentSchema(store));
          assert.match(
            unreached.hint!,
            `the schema "market" was migrated, which the name rolling_chart_data does not reach`,
          );
          assert.not.match(unreached.hint!, 'chartctl migrate');
        } finally {
          await later.knex.raw(
            `ALTER ROLE CURRENT_USER IN DATABASE ${new URL((database.config as { url: string }).url).pathname.slice(1)} RESET search_path`,
          );
          await later.close();
        }
      } finally {
        await store.knex.raw(`RESET search_path; ${CLEAR}`);
      }
    });
  }

  // the same statements run on both databases: the other shapes are tried on a server alone
  if (backend.name === 'PGlite') return;

  test('the name for a replaced column is a free one', async ({ store }) => {
    await startWith(store, `${legacyTable({ rsi: 'real', '"RSI"': 'real', '"RSI_old"': 'real' })} ${FIVE_ROWS}`);
    await pasteUntilMigrated(store);
    assert.is((await query(store, `SELECT "RSI_old_2" FROM rolling_chart_data`)).length, 5);
  });

  test('a stand-in is left alone where the table has a column of the clear name', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ open_time: 'bigint', market: 'text', c: 'text', data_source: 'text', source: 'text' })} ${FIVE_ROWS}`,
    );
    const { steps } = await migrateStore(store);
    assert.match(steps.join('\n'), 'its own columns stay: open_time, market, c, data_source');
  });

  for (const [what, columns, setup, kept] of [
    [
      'updatedAt',
      { '"createdAt"': 'timestamptz', '"updatedAt"': 'timestamptz' },
      `"updatedAt" = '2025-06-0' || (3 - volume)::int`,
      1,
    ],
    ['modified_at, then id', { modified_at: 'timestamp' }, `modified_at = '2025-06-0' || (3 - volume)::int`, 1],
    ['last_data_update', { last_data_update: 'timestamptz' }, `last_data_update = '2025-06-0' || (3 - volume)::int`, 1],
    ['lastModified', { '"lastModified"': 'bigint' }, `"lastModified" = 1748736000000 - volume * 1000`, 1],
    [
      'epoch numbers of two units',
      { updated_at: 'bigint' },
      `updated_at = CASE volume WHEN 1 THEN 1748736002 ELSE 1748736001000 END`,
      1,
    ],
    ['text in ISO 8601', { updated_at: 'text' }, `updated_at = '2025-06-0' || (3 - volume)::int || 'T00:00:00Z'`, 1],
    ['id, then inserted_at', { inserted_at: 'timestamptz' }, `inserted_at = '2025-06-0' || (3 - volume)::int`, 2],
  ] as const) {
    test(`of duplicates the latest written stays, by ${what}`, async ({ store }) => {
      const set = setup.replace(/('2025-06-0' \|\| \(3 - volume\)::int)$/, '($1)::timestamp');
      await startWith(
        store,
        `${legacyTable({ id: 'serial PRIMARY KEY', ...columns })} INSERT INTO rolling_chart_data (symbol, timestamp, volume)
         VALUES ('X', '2025-06-01Z', 1), ('X', '2025-06-01Z', 2); UPDATE rolling_chart_data SET ${set};`,
      );
      const { steps } = await migrateStore(store);
      assert.equal(await query(store, `SELECT volume FROM rolling_chart_data`), [{ volume: kept }]);
      const name = Object.keys(columns).at(-1)!.replaceAll('"', '');
      assert.match(
        steps.join('\n'),
        kept === 1 ? `the latest written by ${name}` : `the latest written by id, then ${name}`,
      );
    });
  }

  test('times of unknown meaning do not decide, which the step says', async ({ store }) => {
    await startWith(store, `${legacyTable({ id: 'serial', seen: 'timestamptz' })} ${FIVE_ROWS} ${FIVE_ROWS}`);
    assert.match((await migrateStore(store)).steps.join('\n'), 'the latest written by id (not by seen) stays');
  });

  test('where the key allows a row for each source, a FALLBACK row gives way', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ source: 'text' })} CREATE UNIQUE INDEX mine ON rolling_chart_data (symbol, timestamp, source);
       INSERT INTO rolling_chart_data (symbol, timestamp, volume, source) VALUES ('X', '2025-06-01Z', 1, 'BINANCE'), ('X', '2025-06-01Z', 2, 'FALLBACK');`,
    );
    await migrateStore(store);
    assert.equal(await query(store, `SELECT volume FROM rolling_chart_data`), [{ volume: 1 }]);
  });

  for (const [what, sql] of [
    ['in its primary key', TWO_INTERVALS(', PRIMARY KEY (symbol, "interval", timestamp)')],
    [
      'in a unique index with an expression',
      `${TWO_INTERVALS('')} CREATE UNIQUE INDEX one ON rolling_chart_data (symbol, lower("interval"), timestamp);`,
    ],
    [
      'as the condition of a unique index',
      `${TWO_INTERVALS('')} CREATE UNIQUE INDEX one ON rolling_chart_data (symbol, timestamp) WHERE "interval" = '1m';`,
    ],
    ['without a key', TWO_INTERVALS('')],
    [
      'under a name of the platform',
      TWO_INTERVALS('', '"candleLength" text').replaceAll('"interval"', '"candleLength"'),
    ],
    [
      'as an enumeration',
      `CREATE TYPE tf AS ENUM ('1h', '1m'); ${TWO_INTERVALS('', '"interval" tf')}`.replaceAll(
        /SELECT 'BTCUSDT', ('\w+')/g,
        `SELECT 'BTCUSDT', $1::tf`,
      ),
    ],
  ] as const) {
    test(`hour candles beside minute candles are no duplicates: an interval ${what}`, async ({ store }) => {
      await startWith(store, `DROP TYPE IF EXISTS tf CASCADE; ${sql}`);
      const refused = await refusalsOf(store);
      assert.match(refused, /"1m" in 600 rows, "1h" in 10 rows/);
      assert.match(refused, '10 minutes have rows that differ in it');
      const { result } = await pasteUntilMigrated(store);
      assert.equal([result.adoptedRows, result.duplicatesRemoved], [600, 0]);
      const name = what.startsWith('under') ? '"candleLength"' : '"interval"';
      const aside = what.startsWith('under')
        ? '"rolling_chart_data_other_candleLength"'
        : 'rolling_chart_data_other_interval';
      assert.equal(await query(store, `SELECT DISTINCT ${name}::text AS i FROM rolling_chart_data`), [{ i: '1m' }]);
      assert.equal(await query(store, `SELECT count(*)::int AS n, min(high) AS high FROM ${aside}`), [
        { n: 10, high: 120 },
      ]);
    });
  }

  test('a table of hours alone is not adopted as minutes', async ({ store }) => {
    await startWith(store, `${TWO_INTERVALS('')} DELETE FROM rolling_chart_data WHERE "interval" = '1m';`);
    assert.match(
      await refusalsOf(store),
      'every row has the "interval" "1h" in 10 rows; expected candles of one minute',
    );
    const { result } = await pasteUntilMigrated(store);
    assert.is(result.adoptedRows, 0);
    assert.is((await query(store, 'SELECT 1 FROM rolling_chart_data_other')).length, 10);
  });

  test('of several exchanges in one minute Binance is kept, and the others stay in a table of their own', async ({
    store,
  }) => {
    await startWith(
      store,
      `${legacyTable({ '"exchangeName"': 'text', market: 'text' })} ${FIVE_ROWS} UPDATE rolling_chart_data SET "exchangeName" = 'kraken', market = 'spot';
       INSERT INTO rolling_chart_data SELECT symbol, timestamp, open, high, low, close, volume + 10, 'binance', 'spot' FROM rolling_chart_data;
       INSERT INTO rolling_chart_data SELECT symbol, timestamp, open, high, low, close, volume + 10, 'binance', 'perp' FROM rolling_chart_data WHERE "exchangeName" = 'binance';`,
    );
    const refused = await refusalsOf(store);
    assert.match(refused, `"binance" in 10 rows, "kraken" in 5 rows`);
    assert.match(refused, `--where '"exchangeName" = '\\''binance'\\'' AND "market" = '\\''spot'\\'''`);
    await pasteUntilMigrated(store);
    assert.equal(await query(store, 'SELECT min(volume) AS low, max(volume) AS high FROM rolling_chart_data'), [
      { low: 11, high: 15 },
    ]);
    assert.is((await query(store, 'SELECT 1 FROM "rolling_chart_data_other_exchangeName"')).length, 5);
    assert.is((await query(store, 'SELECT 1 FROM rolling_chart_data_other_market')).length, 5);
  });

  test("another exchange's candles do not become Binance's in a table without sources", async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ exchange: `text DEFAULT 'binance'` })} ${FIVE_ROWS} UPDATE rolling_chart_data SET exchange = 'kraken' WHERE volume > 3;`,
    );
    assert.match(await refusalsOf(store), `names other exchanges ("kraken" in 2 rows)`);
    await pasteUntilMigrated(store);
    assert.equal(
      await query(store, `SELECT source, count(*)::int AS n FROM rolling_chart_data GROUP BY 1 ORDER BY 1`),
      [
        { source: 'BINANCE', n: 3 },
        { source: 'FALLBACK', n: 2 },
      ],
    );
  });

  test("candles of Binance's futures become FALLBACK, and the rows of chartctl are not named so", async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ exchange: 'text' })} ${FIVE_ROWS} UPDATE rolling_chart_data SET exchange = 'binance-futures';`,
    );
    await pasteUntilMigrated(store);
    await store.knex.raw(`INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('NEW', '2025-06-01Z')`);
    assert.equal(await query(store, 'SELECT exchange, source FROM rolling_chart_data GROUP BY 1, 2 ORDER BY 1'), [
      { exchange: 'binance-futures', source: 'FALLBACK' },
      { exchange: null, source: 'BINANCE' },
    ]);
  });

  test('columns that copies of a candle differ in are ignored on request, and those of one value never matter', async ({
    store,
  }) => {
    const sql = `${legacyTable({ id: 'serial PRIMARY KEY', channel: 'text', exchange: 'text' })} ${FIVE_ROWS} ${FIVE_ROWS}
      UPDATE rolling_chart_data SET channel = CASE WHEN id > 5 THEN 'rest' ELSE 'stream' END, exchange = 'BINANCE';`;
    await startWith(store, sql);
    assert.match(await refusalsOf(store), `--ignore-difference channel`);
    const { duplicatesRemoved } = await migrateStore(store, { ignoreDifference: ['channel'] });
    assert.is(duplicatesRemoved, 5);
  });

  test('candles of sixty, all of them on the hour, are not taken as minutes', async ({ store }) => {
    const shape = (step: string) => `${legacyTable({ interval: 'integer' })}
      INSERT INTO rolling_chart_data SELECT 'X', '2025-06-01Z'::timestamptz + n * interval '${step}', 1, 1, 1, 1, 1, 60 FROM generate_series(0, 9) n;`;
    await startWith(store, shape('1 hour'));
    assert.match(
      await refusalsOf(store),
      'every row has the "interval" "60" in 10 rows; expected candles of one minute',
    );
    await startWith(store, shape('1 minute'));
    assert.is((await migrateStore(store)).adoptedRows, 10);
  });

  test('a flag that is set in either of two columns of different types is kept', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ hasmissingdata: 'boolean', has_missing_data: 'smallint' })} ${FIVE_ROWS}
       UPDATE rolling_chart_data SET hasmissingdata = volume = 1, has_missing_data = CASE volume WHEN 2 THEN 1 ELSE 0 END;`,
    );
    await pasteUntilMigrated(store);
    const flagged = await query(store, 'SELECT volume FROM rolling_chart_data WHERE hasMissingData ORDER BY 1');
    assert.equal(flagged, [{ volume: 1 }, { volume: 2 }]);
  });

  test('a change that another session commits while rows are moved away is moved with them', async ({
    store,
    database,
  }) => {
    await startWith(store, TWO_INTERVALS(', PRIMARY KEY (symbol, "interval", timestamp)'));
    const { refusals } = await planMigration(store);
    const move = refusals[0]!.remedy.split('\n')[0]!;
    const platform = await openStore(database.config);
    try {
      const change = await platform.knex.transaction();
      await change.raw(
        `UPDATE rolling_chart_data SET close = 777 WHERE "interval" = '1h' AND timestamp = '2025-06-01Z'`,
      );
      const moved = store.knex.raw(move.replaceAll('?', '\\?')).then(() => true);
      const waiting = `SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()`;
      while ((await change.raw<{ rows: unknown[] }>(waiting)).rows.length === 0) continue;
      await change.commit();
      assert.ok(await moved);
    } finally {
      await platform.close();
    }
    assert.equal(
      await query(store, 'SELECT count(*)::int AS n, max(close) AS close FROM rolling_chart_data_other_interval'),
      [{ n: 10, close: 777 }],
    );
  });

  test('rows at the ends of time do not stop the migration', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable()} INSERT INTO rolling_chart_data (symbol, timestamp, open) SELECT 'X', t, 1
       FROM unnest(array['infinity', '-infinity', date_trunc('minute', now()) - interval '2 minutes']::timestamptz[]) t;`,
    );
    assert.is((await migrateStore(store)).adoptedRows, 3);
  });

  test('a statement that fails leaves no trigger disabled', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable()} ${FIVE_ROWS} UPDATE rolling_chart_data SET symbol = 'BTC/USDT';
       CREATE FUNCTION react() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
       CREATE TRIGGER reacts BEFORE UPDATE ON rolling_chart_data FOR EACH ROW EXECUTE FUNCTION react();`,
    );
    const { refusals } = await planMigration(store);
    await store.knex.raw("ALTER TABLE rolling_chart_data ADD CHECK (symbol <> 'BTCUSDT')");
    const pasted = async () => {
      for (const statement of splitStatements(refusals[0]!.remedy)) await store.knex.raw(statement);
    };
    const failed = await pasted().then(() => '', String);
    assert.match(failed, 'violates check constraint');
    const disabled = await query(store, `SELECT 1 FROM pg_trigger WHERE tgenabled = 'D'`);
    assert.equal(disabled, []);
  });

  test('a column to ignore that does not exist is wrong usage', async ({ store }) => {
    await startWith(store, `${legacyTable({ channel: 'text' })} ${FIVE_ROWS}`);
    const failure = await failureWith(
      { kind: 'usage', code: 'UNKNOWN_COLUMN' },
      planMigration(store, { ignoreDifference: ['chanel'] }),
    );
    assert.match(failure.hint!, 'channel');
  });

  test('times of text beside others with an offset are taken in the zone that was named', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ timestamp: 'text' })} INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('X', '2025-06-01 12:00'), ('X', '2025-06-01T10:01:00Z');`,
    );
    await pasteUntilMigrated(store, { naiveTimezone: 'Europe/Berlin' });
    assert.equal(await query(store, 'SELECT timestamp FROM rolling_chart_data ORDER BY 1'), [
      { timestamp: new Date('2025-06-01T10:00Z') },
      { timestamp: new Date('2025-06-01T10:01Z') },
    ]);
  });

  test('numbers too small for seconds are no times', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ timestamp: 'bigint' })} INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('X', 29146200), ('X', 1748772000), ('X', 20250601);`,
    );
    assert.match(await refusalsOf(store), '2 rows have no time in "timestamp"');
    assert.is((await pasteUntilMigrated(store)).result.adoptedRows, 1);
  });

  test('rows of other intervals in minutes of their own are moved without those that refer to them', async ({
    store,
  }) => {
    await startWith(
      store,
      `${legacyTable({ id: 'serial PRIMARY KEY', interval: 'text' })} ALTER TABLE rolling_chart_data ADD UNIQUE (symbol, interval, timestamp); ${FIVE_ROWS}
       UPDATE rolling_chart_data SET interval = CASE WHEN volume > 3 THEN '1h' ELSE '1m' END;
       CREATE TABLE fills (candle int REFERENCES rolling_chart_data ON DELETE CASCADE); INSERT INTO fills SELECT id FROM rolling_chart_data;`,
    );
    assert.is((await pasteUntilMigrated(store)).result.adoptedRows, 3);
    assert.is((await query(store, 'SELECT 1 FROM fills')).length, 5);
  });

  test('moving rows away does not delete the rows of another table that refer to them', async ({ store }) => {
    await startWith(
      store,
      `${TWO_INTERVALS('').replace('symbol text', 'id serial PRIMARY KEY, symbol text').replaceAll('INTO rolling_chart_data SELECT', 'INTO rolling_chart_data (symbol, "interval", timestamp, open, high, low, close, volume) SELECT')}
       CREATE TABLE fills (candle int REFERENCES rolling_chart_data ON DELETE CASCADE); INSERT INTO fills SELECT id FROM rolling_chart_data;`,
    );
    await pasteUntilMigrated(store, { where: `"interval" = '1m'` });
    assert.is((await query(store, 'SELECT 1 FROM fills')).length, 610);
  });

  test('a unique key and an enumeration of symbols do not stop the printed statements', async ({ store }) => {
    await startWith(
      store,
      `DROP TYPE IF EXISTS coin; CREATE TYPE coin AS ENUM ('btcusdt', 'BTC-USDT'); ${legacyTable({ symbol: 'coin' })}
       CREATE UNIQUE INDEX one ON rolling_chart_data (symbol, timestamp);
       INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('btcusdt', '2025-06-01Z'), ('BTC-USDT', '2025-06-01Z'), ('BTC-USDT', '2025-06-02Z');`,
    );
    await pasteUntilMigrated(store);
    assert.equal(await query(store, `SELECT symbol, count(*)::int AS n FROM rolling_chart_data GROUP BY 1`), [
      { symbol: 'BTCUSDT', n: 2 },
    ]);
  });

  test('a new table beside another is made on request, and tables of other names do not matter', async ({ store }) => {
    await startWith(
      store,
      `${CLEAR} CREATE SCHEMA market; ${legacyTable().replace('TABLE ', 'TABLE market.')} CREATE TABLE rolling_chart_data_old (a int);`,
    );
    assert.is((await migrateStore(store, { newTable: true })).adoptedRows, 0);
    await store.knex.raw(CLEAR);
    await startWith(store, 'CREATE TABLE rolling_chart_data_old (a int);');
    assert.is((await migrateStore(store)).adoptedRows, 0);
  });
});

/** The failure of the given kind or code. */
async function failureWith(
  expected: Partial<Pick<Failure, 'kind' | 'code'>>,
  work: Promise<unknown>,
): Promise<Failure> {
  const failure = await expectFailure(work);
  for (const [name, value] of Object.entries(expected)) assert.is(failure[name as 'kind' | 'code'], value);
  return failure;
}

/** The plan of a migration that is not refused. */
async function planWithoutRefusals(store: Store, options: MigrateOptions): Promise<{ steps: string[] }> {
  const plan = await planMigration(store, options);
  if (plan.refusals.length > 0) throw new Failure('failed', plan.refusals.map(({ problem }) => problem).join('\n'));
  return plan;
}
