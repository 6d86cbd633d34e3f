import * as assert from 'uvu/assert';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { onEveryDatabase } from '../../database/on-every-database.js';
import { FIVE_ROWS, legacyTable, PLATFORM_STATEMENTS, query, startWith } from './legacy-shapes.js';

/** An existing table with all faults at once. */
const EVERYTHING = `
  ${legacyTable({
    id: 'serial PRIMARY KEY',
    symbol: 'varchar(10)',
    timestamp: 'timestamp without time zone',
    open: 'numeric(24,8) NOT NULL',
    close: 'real',
    volume: 'bigint',
    rsi: 'real NOT NULL DEFAULT 50',
    macd: 'numeric',
    source: 'varchar(8)',
    iscomplete: 'boolean',
    note: `text NOT NULL DEFAULT ''`,
  })}
  INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, source, iscomplete, note) VALUES
    ('X', '2025-06-01 12:00', 0.1, 0.3, 0.1, 0.3, 1, 'BINANCE', true, 'first'),
    ('X', '2025-06-01 12:00', 0.1, 0.3, 0.1, 0.3, 2, NULL, true, 'second'),
    ('X', '2025-06-01 12:00', 0.1, 0.3, 0.1, 0.3, 3, 'FALLBACK', NULL, 'third'),
    ('X', '2025-06-01 12:01', 42000.12345678, NULL, NULL, 0.12345678, 4, NULL, NULL, 'single'),
    ('Y', '2025-06-01 12:01', 1, 'NaN', 1, 1, 5, 'BINANCE', NULL, 'other symbol');
  UPDATE rolling_chart_data SET note = 'touched' WHERE note = 'first';`;

onEveryDatabase('migrate a legacy table', (test) => {
  test('every row is kept except duplicates, which the audit log contains in full', async ({ store }) => {
    await startWith(store, EVERYTHING);
    const result = await migrateStore(store);
    assert.is(result.duplicatesRemoved, 2);
    assert.is(result.adoptedRows, 3);
    const kept = await query(
      store,
      `SELECT id, symbol, timestamp, open, high, close, volume, macd, source, hasMissingData, isComplete, written_at, note
       FROM rolling_chart_data ORDER BY id`,
    );
    const common = { macd: null, hasmissingdata: false, iscomplete: false, written_at: null };
    const noon = new Date('2025-06-01T12:00Z');
    const next = new Date('2025-06-01T12:01Z');
    assert.equal(kept, [
      {
        id: 3,
        symbol: 'X',
        timestamp: noon,
        open: 0.1,
        high: 0.3,
        close: 0.3,
        volume: 3,
        source: 'FALLBACK',
        note: 'third',
        ...common,
      },
      {
        id: 4,
        symbol: 'X',
        timestamp: next,
        open: 42000.12345678,
        high: null,
        close: 0.12345678,
        volume: 4,
        source: 'BINANCE',
        note: 'single',
        ...common,
      },
      {
        id: 5,
        symbol: 'Y',
        timestamp: next,
        open: 1,
        high: NaN,
        close: 1,
        volume: 5,
        source: 'BINANCE',
        note: 'other symbol',
        ...common,
      },
    ]);
    const removed = await query(
      store,
      `SELECT symbol, timestamp, job_id::int, sequence, action, before->>'id' AS id, before->>'note' AS note,
              before->>'close' AS close, (before->>'timestamp')::timestamptz AS time FROM chartctl_changes ORDER BY sequence`,
    );
    const change = { symbol: 'X', timestamp: noon, job_id: result.jobId, action: 'delete', close: '0.3', time: noon };
    assert.equal(removed, [
      { ...change, sequence: 1, id: '1', note: 'touched' },
      { ...change, sequence: 2, id: '2', note: 'second' },
    ]);
  });

  test("afterwards chartctl can insert rows, and the platform's own statements run unchanged", async ({ store }) => {
    await startWith(store, EVERYTHING);
    await migrateStore(store);
    for (const statement of PLATFORM_STATEMENTS) await store.knex.raw(statement);
    await store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, rsi, source)
       VALUES ('ABCDEFGHIJKLMNOPQRST', '2025-06-01T12:02Z', 1, 1, 1, 1, 0.5, NULL, 'BINANCE_BACKFILL')`,
    );
    const [row] = await query(
      store,
      `SELECT isComplete, hasMissingData, id FROM rolling_chart_data WHERE volume = 0.5`,
    );
    assert.equal([row!.iscomplete, row!.hasmissingdata], [true, false]);
    assert.ok(Number(row!.id) > 5); // the rows that the migration tried have taken numbers
    assert.equal((await migrateStore(store)).applied, []);
  });

  test('every column has its comment, and the extra column keeps its position', async ({ store }) => {
    await startWith(store, EVERYTHING);
    await migrateStore(store);
    const bare = await query<{ name: string }>(
      store,
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'rolling_chart_data'::regclass AND attnum > 0
       AND col_description(attrelid, attnum) IS NULL ORDER BY 1`,
    );
    assert.equal(bare, [{ name: 'id' }, { name: 'note' }]);
  });

  for (const zone of ['America/New_York', 'Asia/Kolkata']) {
    test(`a timestamp without zone is read as UTC, also in a session with the time zone ${zone}`, async ({ store }) => {
      await startWith(
        store,
        `${legacyTable({ timestamp: 'timestamp' })} SET timezone = '${zone}';
        INSERT INTO rolling_chart_data (symbol, timestamp) VALUES ('X', '2025-03-09 02:30'), ('X', '2025-06-01 12:00'), ('X', '2025-11-02 01:30');`,
      );
      try {
        await migrateStore(store);
        const times = await query<{ timestamp: Date }>(store, `SELECT timestamp FROM rolling_chart_data ORDER BY 1`);
        assert.equal(
          times.map(({ timestamp }) => timestamp.toISOString()),
          ['2025-03-09T02:30:00.000Z', '2025-06-01T12:00:00.000Z', '2025-11-02T01:30:00.000Z'],
        );
      } finally {
        await store.knex.raw(`RESET timezone`);
      }
    });
  }

  test('a real becomes the decimal that the exchange sent, whatever the session settings', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ close: 'real' })} SET extra_float_digits = 0;
      INSERT INTO rolling_chart_data (symbol, timestamp, close) VALUES ('X', '2025-06-01Z', 67123.45), ('X', '2025-06-02Z', 0.1);`,
    );
    try {
      await migrateStore(store);
    } finally {
      await store.knex.raw(`RESET extra_float_digits`);
    }
    assert.equal(await query(store, `SELECT close FROM rolling_chart_data ORDER BY timestamp`), [
      { close: 67123.45 },
      { close: 0.1 },
    ]);
  });

  for (const [how, columns, setup, kept] of [
    ['its place in the table', {}, '', 2],
    [
      'its id',
      { id: 'bigint GENERATED BY DEFAULT AS IDENTITY' },
      `UPDATE rolling_chart_data SET id = 9 WHERE volume = 1;`,
      1,
    ],
    [
      'updated_at',
      { id: 'serial PRIMARY KEY', updated_at: 'timestamp' },
      `UPDATE rolling_chart_data SET updated_at = '2025-06-0' || (3 - volume)::int;`,
      1,
    ],
    [
      'written_at',
      { id: 'serial PRIMARY KEY', written_at: 'timestamptz' },
      `UPDATE rolling_chart_data SET written_at = '2025-06-01Z' WHERE volume = 1;`,
      1,
    ],
  ] as const) {
    test(`of duplicates the latest written stays, by ${how}`, async ({ store }) => {
      await startWith(
        store,
        `${legacyTable(columns)} INSERT INTO rolling_chart_data (symbol, timestamp, volume)
           VALUES ('X', '2025-06-01Z', 1), ('X', '2025-06-01Z', 2); ${setup.replaceAll(`'2025-06-0' || (3 - volume)::int`, `('2025-06-0' || (3 - volume)::int)::timestamp`)}`,
      );
      await migrateStore(store);
      assert.equal(await query(store, `SELECT volume FROM rolling_chart_data`), [{ volume: kept }]);
    });
  }

  test('an existing written_at is kept, also where it is NULL', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ written_at: 'timestamptz DEFAULT now()' })} ${FIVE_ROWS}
      UPDATE rolling_chart_data SET written_at = CASE volume WHEN 1 THEN '2025-06-09Z'::timestamptz END;`,
    );
    await migrateStore(store);
    await store.knex.raw(`INSERT INTO rolling_chart_data (symbol, timestamp, volume) VALUES ('X', '2025-06-02Z', 6)`);
    assert.equal(
      await query(store, `SELECT volume, written_at FROM rolling_chart_data WHERE volume IN (1, 2, 6) ORDER BY 1`),
      [
        { volume: 1, written_at: new Date('2025-06-09Z') },
        { volume: 2, written_at: null },
        { volume: 6, written_at: null },
      ],
    );
  });

  test('rows without symbol or timestamp are kept and reported, and both columns stay nullable', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable()} ${FIVE_ROWS}
      INSERT INTO rolling_chart_data (symbol, timestamp, volume) VALUES (NULL, '2025-06-01Z', 6), (NULL, '2025-06-01Z', 7), ('X', NULL, 8);`,
    );
    const result = await migrateStore(store);
    assert.is(result.duplicatesRemoved, 0);
    assert.is(result.adoptedRows, 8);
    assert.match(result.steps.join('\n'), 'keep 3 rows without symbol or timestamp');
    await store.knex.raw(`INSERT INTO rolling_chart_data (volume) VALUES (9)`);
  });

  test('if every row has a symbol and a timestamp, both columns become NOT NULL', async ({ store }) => {
    await startWith(store, `${legacyTable()} ${FIVE_ROWS}`);
    await migrateStore(store);
    const nullable = await query(
      store,
      `SELECT attname FROM pg_attribute WHERE attrelid = 'rolling_chart_data'::regclass AND attname IN ('symbol', 'timestamp') AND NOT attnotnull`,
    );
    assert.equal(nullable, []);
  });

  test('a plain index of the same name is replaced by the unique one', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable()} ${FIVE_ROWS} ${FIVE_ROWS}
      CREATE INDEX idx_symbol_timestamp ON rolling_chart_data (timestamp, symbol);`,
    );
    const result = await migrateStore(store);
    assert.match(result.steps.join('\n'), 'recreate idx_symbol_timestamp');
    const [index] = await query<{ definition: string }>(
      store,
      `SELECT pg_get_indexdef('idx_symbol_timestamp'::regclass) AS definition`,
    );
    assert.match(index!.definition, /^CREATE UNIQUE INDEX .*\(symbol, "timestamp"\)$/);
  });

  test('columns that an ORM created quoted are renamed on request', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable({ '"isComplete"': 'boolean DEFAULT true', '"hasMissingData"': 'boolean', '"RSI"': 'real' })} ${FIVE_ROWS}
      UPDATE rolling_chart_data SET "hasMissingData" = true WHERE volume = 5;`,
    );
    await migrateStore(store, { adoptQuoted: true });
    const rows = await query(
      store,
      `SELECT volume, rsi FROM rolling_chart_data WHERE hasMissingData AND NOT isComplete`,
    );
    assert.equal(rows, [{ volume: 5, rsi: null }]);
    for (const statement of PLATFORM_STATEMENTS) await store.knex.raw(statement);
  });

  test('an enumeration of sources and a padded symbol become text', async ({ store }) => {
    await startWith(
      store,
      `CREATE TYPE origin AS ENUM ('BINANCE', 'FALLBACK');
      ${legacyTable({ symbol: 'char(12)', source: `origin NOT NULL DEFAULT 'BINANCE'` })} ${FIVE_ROWS}`,
    );
    await migrateStore(store);
    await store.knex.raw(`UPDATE rolling_chart_data SET source = 'BINANCE_BACKFILL' WHERE volume = 5`);
    assert.equal(
      await query(
        store,
        `SELECT source, count(*)::int AS rows FROM rolling_chart_data WHERE symbol || '!' = 'X!' GROUP BY 1 ORDER BY 1`,
      ),
      [
        { source: 'BINANCE', rows: 4 },
        { source: 'BINANCE_BACKFILL', rows: 1 },
      ],
    );
  });

  test('a view over columns whose type is kept is not refused', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable()} ${FIVE_ROWS} CREATE VIEW latest AS SELECT symbol, max(timestamp) AS newest FROM rolling_chart_data GROUP BY 1;`,
    );
    await migrateStore(store);
    assert.equal(await query(store, `SELECT symbol FROM latest`), [{ symbol: 'X' }]);
  });

  test('volumes in quote units are converted to base units once, and the old rows are kept', async ({ store }) => {
    await startWith(
      store,
      `${legacyTable()} ${FIVE_ROWS}
      UPDATE rolling_chart_data SET volume = volume * (high + low + close) / 3;
      INSERT INTO rolling_chart_data (symbol, timestamp, volume) VALUES ('X', '2025-06-02Z', 77);`,
    );
    const result = await migrateStore(store, { legacyVolume: 'quote' });
    assert.match(result.steps.join('\n'), 'convert volume from quote to base units');
    const volumes = await query<{ volume: number }>(store, `SELECT volume FROM rolling_chart_data ORDER BY timestamp`);
    assert.equal(
      volumes.map(({ volume }) => Number(volume.toPrecision(12))),
      [1, 2, 3, 4, 5, 77],
    );
    const before = await query(
      store,
      `SELECT (before->>'volume')::float8 AS volume, sequence FROM chartctl_changes WHERE action = 'replace' ORDER BY sequence LIMIT 2`,
    );
    assert.equal(
      before.map(({ volume, sequence }) => [Number(Number(volume).toPrecision(12)), sequence]),
      [
        [10.6666666667, 1],
        [21.3333333333, 2],
      ],
    );
  });
});
