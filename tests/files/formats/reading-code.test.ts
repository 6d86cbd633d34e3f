import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { csv } from '../../../src/files/formats/csv.js';
import { type FormatName, FORMATS } from '../../../src/files/formats/formats.js';
import { TRAINING_COLUMNS } from '../../../src/rows/training-row.js';
import { group } from '../../harness/group.js';
import { findPython, readByCode, readWithArrow, toBits } from '../independent-readers.js';
import { COLUMN_NAMES, inBatches, makeRows, memorySink } from '../training-rows.js';

/** Symbols that readers could parse as a number or as null, and file names that need quoting. */
const ROWS = makeRows(400).map((row, i) => ({ ...row, symbol: i < 200 ? '1000' : 'NA' }));
const FILES: [name: string, format: FormatName][] = [
  ['rows.csv', 'csv'],
  [`it's a "row".csv.gz`, 'csv'],
  ['rows.jsonl', 'jsonl'],
  ['rows.jsonl.gz', 'jsonl'],
  ['rows.parquet', 'parquet'],
];

async function prepare(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-reading-'));
  for (const [name, format] of FILES) {
    const sink = memorySink();
    const { write } = await FORMATS[format].load();
    await write(inBatches(ROWS, 64), sink);
    writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(sink.bytes()) : sink.bytes());
  }
  return folder;
}

group(
  'the code that reads a training file',
  (test) => {
    for (const library of ['pandas', 'polars', 'duckdb'] as const) {
      if (findPython(library) === undefined) {
        test.skip(`${library} reads every file`, `no python3 with ${library}`);
        continue;
      }
      for (const [name, format] of FILES) {
        const title = `${library} reads ${name}: every double bit for bit, times in UTC, symbols as text`;
        const needed = library === 'pandas' && format === 'parquet' ? 'pandas, pyarrow' : library;
        const python = findPython(needed);
        if (python === undefined) {
          test.skip(title, `no python3 with ${needed}`);
          continue;
        }
        test(title, async (folder) => {
          const { readingCode } = await FORMATS[format].load();
          const [columns, ...rows] = readByCode(python, library, readingCode(name)[library], folder);
          assert.equal(columns, COLUMN_NAMES);
          assert.equal(rows, ROWS.map(toBits));
        });
      }
    }

    test("Rust's arrow reads the Parquet file: every double bit for bit, times in UTC, nulls only in indicators", (folder) => {
      const { types, rows } = readWithArrow(readFileSync(join(folder, 'rows.parquet')));
      assert.equal(rows, ROWS.map(toBits));
      const expected = TRAINING_COLUMNS.map(({ name, type, isNullable }) => {
        const arrow = { string: 'Utf8', datetime: 'Timestamp<MILLISECOND, UTC>', number: 'Float64' }[type];
        return [name, `${arrow}${isNullable ? ', null' : ''}`];
      });
      assert.equal(Object.entries(types), expected);
    });

    test('holds the name of its file, quoted as in its language', () => {
      const { pandas, polars, duckdb } = csv.readingCode(`a'b".csv`);
      assert.ok(pandas.includes(`pd.read_csv("a'b\\".csv", `));
      assert.ok(polars.includes(`pl.read_csv("a'b\\".csv", `));
      assert.ok(duckdb.includes(`read_csv('a''b".csv', `));
    });
  },
  { setup: prepare, teardown: (folder) => rmSync(folder, { recursive: true }) },
);
