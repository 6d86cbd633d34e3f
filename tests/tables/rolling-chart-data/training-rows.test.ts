import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { inSnapshot } from '../../../src/database/snapshot.js';
import type { Store, Transaction } from '../../../src/database/store.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { csv } from '../../../src/files/formats/csv.js';
import { TRAINING_COLUMNS, type TrainingRow, trainingRowAt } from '../../../src/rows/training-row.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import {
  countValidRows,
  streamTrainingBlocks,
  streamTrainingLines,
} from '../../../src/tables/rolling-chart-data/training-rows.js';
import { insertBlocks } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { hasPython, readWithPython } from '../../files/cells.js';
import { COLUMN_NAMES, makeValidRows, memorySink, toColumns } from '../../files/training-rows.js';
import { unreachable } from '../../harness/expect-failure.js';
import { storeGroup } from '../../harness/store-group.js';

const ROWS = makeValidRows(500);
const EVER = { from: Date.parse('2025-01-01T00:00:00Z'), to: Date.parse('2026-01-01T00:00:00Z') };

const TEXT_PLACES = TRAINING_COLUMNS.flatMap(({ type }, place) => (type === 'number' ? [] : [place]));

/** Reads CSV with Python and prints its numbers with full precision. */
const PYTHON_CSV = `
import csv, json, sys
rows = list(csv.reader(open(0, newline="", encoding="utf-8")))
print(json.dumps([rows[0]] + [[c if i in (${TEXT_PLACES.join(', ')}) else None if c == "" else float(c) for i, c in enumerate(r)] for r in rows[1:]]))
`;

async function fill(store: Store, rows: readonly TrainingRow[]): Promise<void> {
  await migrateStore(store);
  const parts = [...new Set(rows.map((row) => row.symbol))].map((symbol) => {
    const own = rows.filter((row) => row.symbol === symbol);
    return { symbol, block: toColumns(own), indices: own.map((_, i) => i) };
  });
  await inTransaction(store, (trx) => insertBlocks(trx, parts));
}

/** The CSV file of symbols, written in a snapshot; `settings` is SQL that changes the session's settings first. */
function writeCsv(store: Store, symbols: readonly string[], settings = ''): Promise<Buffer> {
  return inSnapshot(store.knex, async (trx) => {
    if (settings) await trx.raw(settings);
    async function* lines() {
      for (const symbol of symbols) yield* streamTrainingLines(trx, symbol, EVER);
    }
    const sink = memorySink();
    await csv.write({ lines, blocks: () => unreachable('blocks were read') }, sink);
    return sink.bytes();
  });
}

async function readBlocks(trx: Transaction, symbol: string, range = EVER): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = [];
  for await (const block of streamTrainingBlocks(trx, symbol, range)) {
    for (let at = 0; at < block.length; at += 1) rows.push(trainingRowAt(block, at));
  }
  return rows;
}

/** Where the cells of a file (times as text) differ from the rows, bit for bit. */
function findDifferences(cells: readonly (string | number | null)[][], rows: readonly TrainingRow[]) {
  assert.is(cells.length, rows.length);
  return rows.flatMap((row, i) =>
    COLUMN_NAMES.flatMap((name, column) => {
      const found = name === 'timestamp' ? Date.parse(String(cells[i]![column])) : cells[i]![column];
      return Object.is(found, row[name]) ? [] : [{ i, name, found, expected: row[name] }];
    }),
  );
}

storeGroup('training rows', (test) => {
  test('every value of the CSV equals the stored one bit for bit, -0 included', async ({ store }) => {
    await fill(store, ROWS);
    const file = await writeCsv(store, ['BTCUSDT', '1000SATS-USDT']);
    const [header, ...lines] = file.toString().trimEnd().split('\n');
    assert.is(header, COLUMN_NAMES.join(','));
    const cells = lines.map((line) =>
      line.split(',').map((text, i) => (TRAINING_COLUMNS[i]!.type !== 'number' ? text : text ? Number(text) : null)),
    );
    assert.equal(findDifferences(cells, ROWS), []);
  });

  test('the CSV is the same with all database settings: times in UTC, lines end in LF', async ({ store }) => {
    const [, first, second] = (await writeCsv(store, ['BTCUSDT'])).toString().split('\n');
    const start =
      'BTCUSDT,2025-06-01T12:00:00Z,1.2e-08,1.8e-08,8e-09,1.2e-08,9.87654321e+21,0.25,-0,5e-324,0.25,' +
      '2.4e-08,1.2e-08,-1.2e-08,0,100,1.7976931348623157e+308,0.3333333333333333,0.25,1e-07,';
    assert.ok(first!.startsWith(start) && first!.endsWith(',BINANCE'), first);
    assert.is(first!.split(',').length, COLUMN_NAMES.length);
    assert.ok(second!.startsWith('BTCUSDT,2025-06-01T12:01:00Z,105203.50333333333,'), second);
    const settings = `SET LOCAL extra_float_digits = -5; SET LOCAL datestyle = 'German, DMY'; SET LOCAL timezone = 'Asia/Kolkata'`;
    const file = await writeCsv(store, ['BTCUSDT'], settings);
    assert.is(file.toString().split('\n')[1], first);
    assert.ok(file.equals(await writeCsv(store, ['BTCUSDT'])));
    assert.ok(!file.includes('\r') && file.at(-1) === 10);
  });

  if (hasPython) {
    test("Python's csv module reads the same values", async ({ store }) => {
      const [header, ...cells] = readWithPython(PYTHON_CSV, await writeCsv(store, ['BTCUSDT', '1000SATS-USDT']));
      assert.equal(header, COLUMN_NAMES);
      // JSON as Python prints it has -0.0
      assert.equal(findDifferences(cells, ROWS), []);
    });
  } else test.skip("Python's csv module reads the same values", 'python3 is absent');

  test('a symbol with a comma or a quote is quoted', async ({ store }) => {
    await fill(store, [{ ...ROWS[0]!, symbol: 'A,"B"' }]);
    assert.ok((await writeCsv(store, ['A,"B"'])).toString().split('\n')[1]!.startsWith('"A,""B""",2025-'));
  });

  test('the values in blocks equal the stored ones', async ({ store }) => {
    const found = await inSnapshot(store.knex, (trx) => readBlocks(trx, '1000SATS-USDT'));
    assert.equal(
      found,
      ROWS.filter((row) => row.symbol === '1000SATS-USDT'),
    );
  });

  test('a long, nearly empty range: all rows are returned in order, from both sides of every gap', async ({
    store,
  }) => {
    const DAYS = 24 * 60 * MINUTE_MS;
    const rows = [0, 1, 13, 14, 28, 60].map((days, i) => ({
      ...ROWS[i]!,
      symbol: 'SPARSE',
      timestamp: EVER.from + days * DAYS,
    }));
    await fill(store, rows);
    const found = await inSnapshot(store.knex, (trx) => readBlocks(trx, 'SPARSE'));
    assert.equal(found, rows);
    const times = (await writeCsv(store, ['SPARSE'])).toString().match(/2025-[^,]*/g);
    assert.equal(
      times?.map((time) => Date.parse(time)),
      rows.map((row) => row.timestamp),
    );
    const range = { from: rows[1]!.timestamp, to: rows[4]!.timestamp };
    assert.equal(await inSnapshot(store.knex, (trx) => readBlocks(trx, 'SPARSE', range)), rows.slice(1, 4));
  });

  test('only the part of a range in which the symbol has rows is queried', async ({ store }) => {
    await fill(
      store,
      makeValidRows(300).map((row) => ({ ...row, symbol: 'WIDEUSDT' })),
    );
    const wide = { from: Date.parse('1970-01-01T00:00:00Z'), to: Date.parse('2100-01-01T00:00:00Z') };
    const lengths = await inSnapshot(store.knex, async (trx) => {
      const found: number[] = [];
      for await (const block of streamTrainingBlocks(trx, 'WIDEUSDT', wide)) found.push(block.length);
      for await (const block of streamTrainingBlocks(trx, 'NONEUSDT', wide)) found.push(block.length);
      return found;
    });
    assert.equal(lengths, [300]);
  });

  test('the CSV, the blocks and the count contain the same rows: valid ones on whole minutes', async ({ store }) => {
    const rows = makeValidRows(14).map((row) => ({ ...row, symbol: 'MIXED' }));
    await fill(store, rows);
    const faults = [
      'hasmissingdata = true',
      'iscomplete = NULL',
      `low = 'NaN'`,
      'close = 0',
      'volume = NULL',
      'rsi = NULL',
      `volatility_60m = 'NaN'`,
      `timestamp = timestamp + interval '1 second'`,
      `timestamp = timestamp + interval '1 millisecond'`,
      'hasmissingdata = NULL, source = NULL',
    ];
    for (const [i, fault] of faults.entries()) {
      await store.knex.raw(`UPDATE rolling_chart_data SET ${fault} WHERE symbol = 'MIXED' AND timestamp = ?`, [
        new Date(rows[i]!.timestamp),
      ]);
    }
    const valid = rows.slice(9).map((row) => row.timestamp);
    const { counts, blocks } = await inSnapshot(store.knex, async (trx) => ({
      counts: await countValidRows(trx, ['MIXED', 'ABSENT'], EVER),
      blocks: await readBlocks(trx, 'MIXED'),
    }));
    const lines = (await writeCsv(store, ['MIXED'])).toString().trimEnd().split('\n').slice(1);
    assert.equal(
      lines.map((line) => Date.parse(line.split(',')[1]!)),
      valid,
    );
    assert.equal(
      blocks.map((row) => row.timestamp),
      valid,
    );
    assert.is(blocks[0]!.source, 'BINANCE');
    assert.ok(lines[0]!.endsWith(',BINANCE'));
    assert.equal(
      [...counts],
      [
        ['MIXED', { rows: 5, bySource: { BINANCE: 2, BINANCE_BACKFILL: 1, FALLBACK: 2 }, writtenUntil: null }],
        ['ABSENT', { rows: 0, bySource: {}, writtenUntil: null }],
      ],
    );
  });

  test('leaving early frees the connection for the next statement', async ({ store }) => {
    const one = await inSnapshot(store.knex, async (trx) => {
      for await (const batch of streamTrainingLines(trx, 'BTCUSDT', EVER)) if (batch.length > 0) break;
      return trx.raw<{ rows: { one: number }[] }>('select 1 as one');
    });
    assert.is(one.rows[0]!.one, 1);
  });
});
