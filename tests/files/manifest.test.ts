import * as assert from 'uvu/assert';
import { INDICATOR_COLUMNS } from '../../src/core/indicator-columns.js';
import { manifestPath, toManifest, type ManifestContent, type ManifestFile } from '../../src/files/manifest.js';
import { group } from '../harness/group.js';
import { COLUMN_NAMES } from './training-rows.js';

const [FROM, TO] = [Date.UTC(2025, 5, 1), Date.UTC(2025, 5, 1, 10)];

const FILE: ManifestFile = {
  path: '/data/out/Train Set.csv',
  part: null,
  range: { from: FROM, to: TO },
  bytes: 1234,
  sha256: 'ab'.repeat(32),
  rows: 598,
};

const CONTENT: ManifestContent = {
  path: '/data/out/Train Set.csv',
  format: 'csv',
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

  test('it says what was asked for, from which sources it came, and which minutes are left out and why', () => {
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

  test('it is JSON through and through', () => {
    const manifest = toManifest({ ...CONTENT, format: 'parquet', path: 'x.parquet', jobId: null });
    assert.equal(JSON.parse(JSON.stringify(manifest)), manifest);
    assert.is(manifest.resources[0]!.mediatype, 'application/vnd.apache.parquet');
  });
});
