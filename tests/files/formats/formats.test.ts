import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import * as assert from 'uvu/assert';
import { FORMAT_NAMES, type FormatName, FORMATS } from '../../../src/files/formats/formats.js';
import { writeParquet } from '../../../src/files/formats/write-parquet.js';
import { TRAINING_COLUMNS, type TrainingRow } from '../../../src/rows/training-row.js';
import { group } from '../../harness/group.js';
import { assertSameCells, hasPython, readWithPython } from '../cells.js';
import { COLUMN_NAMES, inBatches, makeRows, memorySink } from '../training-rows.js';

const ROWS = makeRows(500);

async function write(format: FormatName, rows: readonly TrainingRow[], batchSize = 64): Promise<Buffer> {
  const sink = memorySink();
  const { write: writeRows } = await FORMATS[format].load();
  assert.is(await writeRows(inBatches(rows, batchSize), sink), rows.length);
  return sink.bytes();
}

/** What Python's json and csv modules read: `repr` of a float is the shortest text of the double, as in JavaScript. */
const PYTHON_JSONL = `
import json, sys
records = [json.loads(line) for line in open(0, encoding="utf-8")]
print(json.dumps([list(records[0].keys())] + [list(r.values()) for r in records]))
`;

group('csv', (test) => {
  test('a header, then the lines as they come', async () => {
    const [header, ...lines] = (await write('csv', ROWS)).toString().split('\n');
    assert.is(header, COLUMN_NAMES.join(','));
    assert.is(lines.pop(), '');
    assert.equal(
      lines.map((line) => line.split(',').slice(0, 2)),
      ROWS.map(({ symbol, timestamp }) => [symbol, new Date(timestamp).toISOString().replace('.000Z', 'Z')]),
    );
  });

  test('without rows only the header is there', async () => {
    assert.is((await write('csv', [])).toString(), `${COLUMN_NAMES.join(',')}\n`);
  });
});

group('jsonl', (test) => {
  test('one object a line, keys in the order of the columns, null as null', async () => {
    const lines = (await write('jsonl', ROWS)).toString().trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Record<string, string | number | null>);
    assert.equal(Object.keys(records[0]!), COLUMN_NAMES);
    assert.is(records[0]!.timestamp, '2025-06-01T12:00:00Z');
    assert.is(records[0]!.rsi, null);
    assertSameCells(
      records.map((record) => Object.values(record)),
      ROWS,
    );
  });

  if (hasPython) {
    test("Python's json module reads the same values", async () => {
      const [header, ...cells] = readWithPython(PYTHON_JSONL, await write('jsonl', ROWS));
      assert.equal(header, COLUMN_NAMES);
      assertSameCells(cells, ROWS);
    });
  } else test.skip("Python's json module reads the same values", 'python3 is absent');

  test('without rows the file is empty', async () => {
    assert.is((await write('jsonl', [])).length, 0);
  });
});

function toArrayBuffer(file: Buffer): ArrayBuffer {
  return new Uint8Array(file).buffer;
}

group('parquet', (test) => {
  test('another library reads every value unchanged, over several row groups', async () => {
    const sink = memorySink();
    assert.is(await writeParquet(inBatches(ROWS, 64).blocks(), sink, 150), ROWS.length);
    const file = toArrayBuffer(sink.bytes());
    assert.equal(
      parquetMetadata(file).row_groups.map((rowGroup) => Number(rowGroup.num_rows)),
      [150, 150, 150, 50],
    );
    const records = (await parquetReadObjects({ file })) as Record<string, string | number | null | Date>[];
    assert.equal(Object.keys(records[0]!), COLUMN_NAMES);
    assert.instance(records[0]!.timestamp, Date);
    const cells = records.map((record) =>
      Object.values(record).map((value) => (value instanceof Date ? value.toISOString() : value)),
    );
    assertSameCells(cells, ROWS);
  });

  test('a row group is written before the next one is collected', async () => {
    const sink = memorySink();
    await writeParquet(inBatches(ROWS, 64).blocks(), sink, 100);
    assert.is(sink.chunks.length, 6, 'five groups and the footer');
  });

  test('timestamps are UTC milliseconds, numbers doubles, and only indicators may be null', async () => {
    const { schema } = parquetMetadata(toArrayBuffer(await write('parquet', ROWS)));
    const byName = new Map(schema.map((element) => [element.name, element]));
    assert.equal(byName.get('timestamp')?.logical_type, { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' });
    assert.is(byName.get('timestamp')?.converted_type, 'TIMESTAMP_MILLIS');
    assert.equal(byName.get('symbol')?.logical_type, { type: 'STRING' });
    for (const { name, type, isNullable } of TRAINING_COLUMNS) {
      assert.is(byName.get(name)?.repetition_type, isNullable ? 'OPTIONAL' : 'REQUIRED', name);
      if (type === 'number') assert.is(byName.get(name)?.type, 'DOUBLE', name);
    }
  });

  test('every column is compressed by itself, with Snappy, and the file does not hold the version of chartctl', async () => {
    const { created_by, row_groups } = parquetMetadata(toArrayBuffer(await write('parquet', ROWS)));
    assert.equal([...new Set(row_groups[0]!.columns.map(({ meta_data }) => meta_data!.codec))], ['SNAPPY']);
    assert.is(created_by, 'chartctl');
  });

  test('the statistics of timestamp name its first and last minute', async () => {
    const { row_groups } = parquetMetadata(toArrayBuffer(await write('parquet', ROWS)));
    const statistics = row_groups[0]!.columns[1]!.meta_data!.statistics!;
    assert.equal(statistics.min_value, new Date(ROWS[0]!.timestamp));
    assert.equal(statistics.max_value, new Date(ROWS.at(-1)!.timestamp));
  });

  test('without rows it is a file with columns and no row', async () => {
    const file = toArrayBuffer(await write('parquet', []));
    assert.is(parquetMetadata(file).num_rows, 0n);
    assert.equal(await parquetReadObjects({ file }), []);
  });
});

group('every format', (test) => {
  test('has the name of its entry in the list', async () => {
    for (const name of FORMAT_NAMES) assert.is((await FORMATS[name].load()).name, name);
  });

  for (const format of FORMAT_NAMES) {
    test(`${format}: the same rows give the same bytes, however they are batched`, async () => {
      const first = await write(format, ROWS, 64);
      assert.ok(first.equals(await write(format, ROWS, 500)));
      assert.ok(first.equals(await write(format, makeRows(500), 1)));
      assert.not(first.equals(await write(format, [...ROWS.slice(0, -1), { ...ROWS.at(-1)!, close: 1 }])));
    });

    test(`${format}: an error of the rows ends the writing with that error`, async () => {
      const broken = inBatches(ROWS, 100, new Error('the connection is gone'));
      const { write: writeRows } = await FORMATS[format].load();
      const ended = await writeRows(broken, memorySink()).catch((error: unknown) => error);
      assert.instance(ended, Error);
      assert.is((ended as Error).message, 'the connection is gone');
    });
  }
});
