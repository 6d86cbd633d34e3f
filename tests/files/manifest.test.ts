import * as assert from 'uvu/assert';
import { csv } from '../../src/files/formats/csv.js';
import { FORMATS } from '../../src/files/formats/formats.js';
import { parquet } from '../../src/files/formats/parquet.js';
import {
  type ManifestContent,
  type ManifestFile,
  manifestPath,
  partPath,
  toManifest,
} from '../../src/files/manifest.js';
import { INDICATOR_COLUMNS, INDICATOR_PARAMETERS } from '../../src/indicators/indicators.js';
import { group } from '../harness/group.js';
import { findPackageFaults } from './data-package-rules.js';
import { COLUMN_NAMES } from './training-rows.js';

const [FROM, TO] = [Date.UTC(2025, 5, 1), Date.UTC(2025, 5, 1, 10)];

const FILE: ManifestFile = {
  path: '/data/out/Train Set.csv',
  part: null,
  range: { from: FROM, to: TO },
  bytes: 1234,
  sha256: 'ab'.repeat(32),
  rows: 598,
  bySource: { BINANCE: 590, FALLBACK: 8 },
};

const CONTENT: ManifestContent = {
  path: '/data/out/Train Set.csv',
  format: csv,
  files: [FILE],
  range: { from: FROM, to: TO },
  embargoMinutes: null,
  createdAt: Date.UTC(2025, 5, 2, 3, 4, 5, 678),
  version: '1.2.3',
  jobId: 17,
  symbols: [{ symbol: 'BTCUSDT', rows: 598, bySource: { BINANCE: 590, FALLBACK: 8 } }],
  excluded: [{ symbol: 'BTCUSDT', from: FROM, to: FROM + 120_000, reason: 'missing' }],
  gaps: [{ symbol: 'BTCUSDT', from: FROM, to: FROM + 120_000, cause: 'exchange outage' }],
  indicators: { rsi: { period: 14 } },
};

group('manifest', (test) => {
  test('it stands beside its file', () => {
    assert.is(manifestPath('out/train.csv'), 'out/train.csv.datapackage.json');
  });

  test('it describes the file: name without folder, bytes, hash, format', () => {
    const { name, created, resources } = toManifest(CONTENT);
    const [resource] = resources;
    assert.match(name, /^[a-z0-9._-]+$/);
    assert.is(created, '2025-06-02T03:04:05.678Z');
    assert.is(resources.length, 1);
    assert.is(resource!.path, 'Train Set.csv');
    assert.is(resource!.bytes, 1234);
    assert.is(resource!.hash, `sha256:${'ab'.repeat(32)}`);
    assert.is(resource!.format, 'csv');
    assert.is(resource!.mediatype, 'text/csv');
  });

  test('its schema lists the columns in the order of the file, each with a type, each indicator with its unit', () => {
    const { fields, primaryKey } = toManifest(CONTENT).resources[0]!.schema;
    assert.equal(
      fields.map(({ name }) => name),
      COLUMN_NAMES,
    );
    assert.equal(primaryKey, ['symbol', 'timestamp']);
    for (const column of INDICATOR_COLUMNS) {
      const field = fields.find(({ name }) => name === column);
      assert.is(field?.type, 'number');
      assert.ok(field?.unit && field.description, column);
    }
    assert.is(fields.find(({ name }) => name === 'timestamp')?.type, 'datetime');
  });

  test('it names the requested range, the sources of the rows, and which minutes are left out and why', () => {
    assert.equal(toManifest(CONTENT).chartctl, {
      version: '1.2.3',
      jobId: 17,
      window: { from: '2025-06-01T00:00:00Z', to: '2025-06-01T10:00:00Z', minutes: 600 },
      rows: 598,
      symbols: [
        {
          symbol: 'BTCUSDT',
          rows: 598,
          bySource: { BINANCE: 590, FALLBACK: 8 },
          from: '2025-06-01T00:00:00Z',
          to: '2025-06-01T10:00:00Z',
          minutes: 600,
        },
      ],
      excluded: [
        { symbol: 'BTCUSDT', from: '2025-06-01T00:00:00Z', to: '2025-06-01T00:02:00Z', minutes: 2, reason: 'missing' },
      ],
      gaps: [
        {
          symbol: 'BTCUSDT',
          from: '2025-06-01T00:00:00Z',
          to: '2025-06-01T00:02:00Z',
          minutes: 2,
          cause: 'exchange outage',
        },
      ],
      indicators: { rsi: { period: 14 } },
    });
  });

  test('it survives JSON unchanged', () => {
    const manifest = toManifest({ ...CONTENT, format: parquet, path: 'x.parquet', jobId: null });
    assert.equal(JSON.parse(JSON.stringify(manifest)), manifest);
    assert.is(manifest.resources[0]!.mediatype, 'application/vnd.apache.parquet');
  });

  const SPLIT: ManifestContent = {
    ...CONTENT,
    embargoMinutes: 60,
    files: [
      {
        ...FILE,
        path: '/data/out/Train Set.train.csv',
        part: 'train',
        range: { from: FROM, to: FROM + 7 * 3_600_000 },
      },
      { ...FILE, path: '/data/out/Train Set.test.csv', part: 'test', range: { from: FROM + 8 * 3_600_000, to: TO } },
    ],
  };

  test('the parts of a split are resources of their own, each with its range; the embargo is named', () => {
    const { name, resources, chartctl } = toManifest(SPLIT);
    assert.is(name, 'train-set.csv');
    assert.equal(
      resources.map(({ path, title, chartctl }) => [path, title, chartctl.part, chartctl.minutes]),
      [
        ['Train Set.train.csv', 'The train part', 'train', 420],
        ['Train Set.test.csv', 'The test part', 'test', 120],
      ],
    );
    assert.is(chartctl.rows, 1196);
    assert.is(chartctl.split?.embargoMinutes, 60);
    assert.is(chartctl.split?.parts[1]?.from, '2025-06-01T08:00:00Z');
  });

  test('it conforms to the Data Package standard in every format, split and compressed too', async () => {
    for (const { load } of Object.values(FORMATS)) {
      const format = await load();
      const compressed = { ...FILE, content: { bytes: 9999, sha256: 'cd'.repeat(32) } };
      for (const content of [CONTENT, SPLIT, { ...CONTENT, files: [compressed] }]) {
        assert.equal(findPackageFaults(toManifest({ ...content, format })), []);
      }
    }
  });

  test('the rules are strict: each of these changes breaks them', () => {
    const whole = () => JSON.parse(JSON.stringify(toManifest(CONTENT))) as Broken;
    const changes: ((broken: Broken) => unknown)[] = [
      (broken) => (broken.resources = []),
      (broken) => (broken.name = 'Train Set'),
      (broken) => delete broken.resources[0]!.path,
      (broken) => (broken.resources[0]!.path = '/data/x.csv'),
      (broken) => (broken.resources[0]!.hash = 'sha256'),
      (broken) => (broken.resources[0]!.bytes = 1.5),
      (broken) => (broken.resources[0]!.colour = 'red'),
      (broken) => broken.resources.push(broken.resources[0]!),
    ];
    assert.equal(findPackageFaults(whole()), []);
    for (const [i, change] of changes.entries()) {
      const broken = whole();
      change(broken);
      assert.is.not(findPackageFaults(broken).length, 0, `change ${i}`);
    }
  });

  test("the indicators' parameters are the library's own, with how many candles come before the first value", () => {
    assert.equal(Object.keys(INDICATOR_PARAMETERS), INDICATOR_COLUMNS);
    assert.equal(INDICATOR_PARAMETERS.rsi, { period: 14, smoothing: 'Wilder', warmUp: 400 });
    assert.equal(INDICATOR_PARAMETERS.macd_signal, { fastPeriod: 12, slowPeriod: 26, signalPeriod: 9, warmUp: 400 });
    assert.equal(INDICATOR_PARAMETERS.bb_upper, { period: 20, populationStandardDeviations: 2, lookBack: 19 });
    assert.equal(INDICATOR_PARAMETERS.stoch_d, { period: 14, smoothingPeriod: 3, lookBack: 15 });
    assert.equal(INDICATOR_PARAMETERS.volatility_15m, { period: 15, lookBack: 15 });
  });

  test('each resource holds code that reads it by its name', () => {
    const [train, other] = toManifest(SPLIT).resources;
    assert.ok(train!.chartctl.read.pandas.includes('pd.read_csv("Train Set.train.csv", float_precision="round_trip"'));
    assert.ok(other!.chartctl.read.duckdb.includes("read_csv('Train Set.test.csv'"));
  });
});

interface Broken {
  name: string;
  resources: Record<string, unknown>[];
}

group('partPath', (test) => {
  const cases: [path: string, expected: string][] = [
    ['/out/btc.csv', '/out/btc.train.csv'],
    ['/out/btc.csv.gz', '/out/btc.train.csv.gz'],
    ['/out.d/btc', '/out.d/btc.train'],
    ['/out/btc.2025.week.parquet', '/out/btc.2025.week.train.parquet'],
    ['/out/btc.gz', '/out/btc.train.gz'],
    ['/out/.csv', '/out/.csv.train'],
    ['/out/a b.CSV.GZ', '/out/a b.train.CSV.GZ'],
  ];
  for (const [path, expected] of cases) {
    test(`the train part of ${path} is ${expected}`, () => {
      assert.is(partPath(path, 'train'), expected);
    });
  }
});
