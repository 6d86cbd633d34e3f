import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { FormatName } from '../../../src/files/formats/formats.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { TRAINING_COLUMNS } from '../../../src/rows/training-row.js';
import { type Bits, findPython, readByCode, readWithArrow } from '../../files/independent-readers.js';
import { COLUMN_NAMES } from '../../files/training-rows.js';
import { jobGroup, type JobWorld } from '../../harness/job-world.js';

interface Manifest {
  resources: [{ chartctl: { read: { pandas: string } } }];
}

/** Numbers that an imprecise writer or reader changes. */
const AWKWARD = ['5e-324', '1.7976931348623157e308', `'-0'`, '0.1::float8 + 0.2', '1e-8', '123456789012345678'];

/** A symbol whose last 600 rows are valid, some of them with awkward indicators. */
async function listAwkward(world: JobWorld): Promise<string> {
  const symbol = world.listSymbol(2000);
  await ingest(world.context, { symbols: [symbol] });
  for (const [i, value] of AWKWARD.entries()) {
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET macd = ${value}::float8, volatility_60m = ${value}::float8 WHERE symbol = ? AND timestamp = ?`,
      [symbol, new Date(world.now - (100 + i) * MINUTE_MS)],
    );
  }
  return symbol;
}

/** The rows with the bytes of the database's doubles. */
async function readBits(world: JobWorld, symbol: string): Promise<Bits[]> {
  const columns = TRAINING_COLUMNS.map(({ name, type }) => {
    if (type === 'number') return `encode(float8send(${name}), 'hex') AS ${name}`;
    return type === 'datetime' ? `(extract(epoch FROM ${name}) * 1000)::float8 AS ${name}` : name;
  });
  const { rows } = await world.store.knex.raw<{ rows: Record<string, string | number | null>[] }>(
    `SELECT ${columns.join(', ')} FROM training_chart_data WHERE symbol = ? AND timestamp >= ? ORDER BY symbol, timestamp`,
    [symbol, new Date(world.now - 600 * MINUTE_MS)],
  );
  return rows.map((row) => COLUMN_NAMES.map((name) => row[name]!));
}

/** Exports a file; passes its folder and the manifest's code to `work`. */
async function exported(
  world: JobWorld,
  name: string,
  format: FormatName,
  read: (folder: string, code: string, bits: Bits[]) => void,
): Promise<void> {
  const symbol = await listAwkward(world);
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-read-back-'));
  const out = join(folder, name);
  try {
    await exportTrainingSet(world.context, { symbols: [symbol], out, format, isGzipped: name.endsWith('.gz') });
    const manifest = JSON.parse(readFileSync(`${out}.datapackage.json`, 'utf8')) as Manifest;
    const bits = await readBits(world, symbol);
    assert.is(bits.length, 600);
    read(folder, manifest.resources[0].chartctl.read.pandas, bits);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

jobGroup('an exported file read by other programs', (test) => {
  const python = findPython('pandas');
  for (const [name, format] of [
    ['rows.csv', 'csv'],
    ['rows.csv.gz', 'csv'],
    ['rows.jsonl.gz', 'jsonl'],
  ] as const) {
    const title = `pandas, by the manifest's own code, finds the database's doubles in ${name} bit for bit`;
    if (python === undefined) {
      test.skip(title, 'no python3 with pandas');
      continue;
    }
    test(title, async (world) => {
      await exported(world, name, format, (folder, code, bits) => {
        const [columns, ...rows] = readByCode(python, 'pandas', code, folder);
        assert.equal(columns, COLUMN_NAMES);
        assert.equal(rows, bits);
      });
    });
  }

  test("Rust's arrow reads the database's doubles from Parquet bit for bit", async (world) => {
    await exported(world, 'rows.parquet', 'parquet', (folder, _code, bits) => {
      assert.equal(readWithArrow(readFileSync(join(folder, 'rows.parquet'))).rows, bits);
    });
  });
});
