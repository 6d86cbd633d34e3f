import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import * as assert from 'uvu/assert';
import { SOURCES } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { csv } from '../../../src/files/formats/csv.js';
import { FORMAT_NAMES, type FormatName, FORMATS } from '../../../src/files/formats/formats.js';
import { jsonl } from '../../../src/files/formats/jsonl.js';
import { parquet } from '../../../src/files/formats/parquet.js';
import { isValidPackagePath, type ManifestContent, toManifest } from '../../../src/files/manifest.js';
import { TRAINING_COLUMNS, type TrainingRow } from '../../../src/rows/training-row.js';
import { type Cells, toCells } from '../../files/cells.js';
import { findPackageFaults } from '../../files/data-package-rules.js';
import { COLUMN_NAMES, inBatches, memorySink } from '../../files/training-rows.js';
import { group } from '../../harness/group.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';

const RUNS = effort(60, 10_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const number = fc.oneof(
  { weight: 3, arbitrary: finite },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-0, 0, 5e-324, -5e-324, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1e21, 1e-7, 1.5e308),
  },
);
/** Any minute that a Date can hold, including years before 1 and after 9999. */
const minute = fc.oneof(
  fc.integer({ min: 0, max: 60_000_000 }),
  fc.integer({ min: -1_000_000_000, max: 140_000_000_000 }),
);
const cells = fc.record({
  ...Object.fromEntries(
    TRAINING_COLUMNS.filter(({ type }) => type === 'number').map(({ name, isNullable }) => [
      name,
      isNullable ? fc.option(number) : number,
    ]),
  ),
  source: fc.constantFrom(...SOURCES),
});
const symbols = fc.uniqueArray(fc.stringMatching(/^[A-Z0-9._-]{1,20}$/), { minLength: 1, maxLength: 2 });
/** The rows of a training set: by symbol, then by time. */
const trainingRows = symbols.chain((names) =>
  fc
    .tuple(...names.map(() => fc.array(fc.tuple(minute, cells), { maxLength: 8 })))
    .map((perSymbol) =>
      perSymbol.flatMap((found, i) =>
        found
          .sort(([a], [b]) => a - b)
          .map(([at, row]) => ({ ...row, symbol: names[i]!, timestamp: at * MINUTE_MS }) as unknown as TrainingRow),
      ),
    ),
);

/** Independent readers: cells are texts and numbers, times epoch milliseconds. */
const READERS: Readonly<Record<FormatName, (file: Buffer) => Promise<Cells[]>>> = {
  csv: async (file) => {
    const [header, ...lines] = file.toString().trimEnd().split('\n');
    assert.is(header, COLUMN_NAMES.join(','));
    return Promise.resolve(lines.map((line) => line.split(',').map(readField)));
  },
  jsonl: async (file) => {
    const lines = file.toString().split('\n').slice(0, -1);
    const records = lines.map((line) => Object.values(JSON.parse(line) as Record<string, string | number | null>));
    return Promise.resolve(
      records.map((record) => record.map((cell, i) => (i === 1 ? Date.parse(String(cell)) : cell))),
    );
  },
  parquet: async (file) => {
    const records = await parquetReadObjects({ file: new Uint8Array(file).buffer });
    return records.map((record) =>
      Object.values(record as Record<string, Date | string | number | null>).map((cell) =>
        cell instanceof Date ? cell.getTime() : cell,
      ),
    );
  },
};

function readField(text: string, column: number): Cells[number] {
  const { type } = TRAINING_COLUMNS[column]!;
  if (type === 'datetime') return Date.parse(text);
  if (type === 'string') return text;
  return text === '' ? null : Number(text);
}

/** Ranges of an export. */
const ranges = fc
  .tuple(fc.integer({ min: 0, max: 60_000_000 }), fc.integer({ min: 1, max: 10_000 }))
  .map(([from, length]) => ({ from: from * MINUTE_MS, to: (from + length) * MINUTE_MS }));
const counts = fc.record({ BINANCE: fc.nat(), FALLBACK: fc.nat() }, { requiredKeys: [] });
const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map((text) => `${text.replaceAll('/', '')}a`);

/** Random contents of manifests; file names are those that the standard allows. */
const contents: fc.Arbitrary<ManifestContent> = fc
  .tuple(
    name.filter(isValidPackagePath),
    fc.constantFrom(csv, jsonl, parquet),
    ranges,
    counts,
    fc.array(fc.tuple(ranges, name), { maxLength: 3 }),
  )
  .map(([path, format, range, bySource, stretches]) => ({
    path: `/out/${path}`,
    format,
    files: [{ path: `/out/${path}`, part: null, range, bytes: 1, sha256: 'ab'.repeat(32), rows: 7, bySource }],
    range,
    embargoMinutes: null,
    createdAt: range.from + 5,
    version: '1.2.3',
    jobId: null,
    symbols: [{ symbol: 'BTCUSDT', rows: 7, bySource }],
    excluded: stretches.map(([stretch, reason]) => ({ symbol: 'BTCUSDT', ...stretch, reason })),
    gaps: stretches.map(([stretch, cause]) => ({ symbol: 'BTCUSDT', ...stretch, cause })),
    indicators: {},
  }));

group('training files of any numbers and times', (test) => {
  const properties = new Properties({
    fault: 'training files with any numbers and times, read by independent readers',
    unit: 'files',
  });

  for (const format of FORMAT_NAMES) {
    test(
      `${format}: every cell is read as it was written, bit for bit`,
      async () => {
        await properties.check(
          format,
          RUNS,
          fc.tuple(trainingRows, fc.integer({ min: 1, max: 9 })),
          async ([rows, size]) => {
            const sink = memorySink();
            const { write } = await FORMATS[format].load();
            assert.is(await write(inBatches(rows, size), sink), rows.length);
            const found = await READERS[format](sink.bytes());
            assert.is(found.length, rows.length);
            for (const [i, row] of rows.entries()) {
              for (const [column, cell] of toCells(row).entries()) {
                if (Object.is(found[i]![column], cell)) continue;
                assert.unreachable(`row ${i}, ${COLUMN_NAMES[column]}: ${found[i]![column]}, not ${cell}`);
              }
            }
          },
        );
      },
      TIMEOUT,
    );
  }

  test(
    'a manifest is a valid data package, and its times are parsed unchanged',
    () => {
      properties.checkNow('manifests', RUNS, contents, (content) => {
        const manifest = JSON.parse(JSON.stringify(toManifest(content))) as ReturnType<typeof toManifest>;
        assert.equal(findPackageFaults(manifest), []);
        const { window, excluded, gaps } = manifest.chartctl;
        const toRange = ({ from, to }: { from: string; to: string }) => ({
          from: Date.parse(from),
          to: Date.parse(to),
        });
        assert.equal(toRange(window), content.range);
        assert.equal(
          excluded.map(({ symbol, reason, ...times }) => ({ symbol, ...toRange(times), reason })),
          content.excluded,
        );
        assert.equal(
          gaps.map(({ symbol, cause, ...times }) => ({ symbol, ...toRange(times), cause })),
          content.gaps,
        );
        assert.is(`/out/${manifest.resources[0]!.path}`, content.path);
      });
    },
    TIMEOUT,
  );

  test('all were read', () => properties.conclude());
});
