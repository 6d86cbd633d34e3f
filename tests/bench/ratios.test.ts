import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { group } from '../harness/group.js';
import { findServerPrograms } from '../harness/scratch-cluster.js';
import type { Measurement } from './measurement.js';

/** Bounds for small tables on a busy machine: only a speed several times too low fails. */
const BOUNDS: { name: string; what: string; atLeast?: number; atMost?: number }[] = [
  { name: 'backfill', what: 'of the speed of limit-copy', atLeast: 0.1 },
  { name: 'backfill', what: 'times the speed of row by row', atLeast: 20 },
  { name: 'backfill', what: 'times the CPU time of limit-json', atMost: 30 },
  { name: 'backfill', what: 'MB of memory', atMost: 250 },
  { name: 'backfill-8-symbols', what: 'of the speed of one symbol', atLeast: 0.4 },
  { name: 'backfill-again', what: 'requests for klines', atMost: 0 },
  { name: 'backfill-again', what: 'times as fast as the first run', atLeast: 1.5 },
  { name: 'archive', what: 'of the speed of COPY of the same rows', atLeast: 0.1 },
  { name: 'archive', what: 'MB of memory', atMost: 220 },
  { name: 'ingest-many', what: 'requests a symbol', atMost: 1.1 },
  { name: 'ingest-many', what: 'MB of memory', atMost: 300 },
  { name: 'ingest-1', what: 'times node -e 0', atMost: 15 },
  { name: 'repair-1', what: 'times an ingest of one symbol', atMost: 3 },
  { name: 'rebuild-all', what: 'of the speed of limit-update', atLeast: 0.1 },
  { name: 'rebuild-none', what: 'rows updated (n_tup_upd)', atMost: 0 },
  { name: 'rebuild-none', what: 'times as fast as rebuild-all', atLeast: 1.2 },
  { name: 'clean-default-again', what: 'rows flagged', atMost: 0 },
  { name: 'export-csv', what: 'of the speed of limit-copy-out', atLeast: 0.1 },
  { name: 'indicators', what: 'times the time of the plain loop', atMost: 6 },
];

const LIMIT_MS = 200_000;

group('bench', (test) => {
  if (!findServerPrograms()) return test.skip('ratios', 'no PostgreSQL programs here: apt install postgresql');
  let measurements: Measurement[] = [];

  test(
    'measures everything that has a bound',
    async () => {
      measurements = await runBench();
      const found = measurements.flatMap(({ name, claims }) => claims.map(({ what }) => `${name} ${what}`));
      assert.equal(
        BOUNDS.filter(({ name, what }) => !found.includes(`${name} ${what}`)),
        [],
      );
    },
    { timeoutMs: LIMIT_MS },
  );

  for (const { name, what, atLeast = -Infinity, atMost = Infinity } of BOUNDS) {
    test(`${name}: ${what}`, () => {
      const measured = measurements.filter((measurement) => measurement.name === name);
      assert.ok(measured.length > 0, 'it was not measured');
      for (const { size, repeats, claims } of measured) {
        const found = claims.find((claim) => claim.what === what)?.found ?? NaN;
        assert.ok(found >= atLeast && found <= atMost, `${found} at ${size} rows, seconds ${repeats.join(', ')}`);
      }
    });
  }
});

/** The quick bench, as `npm run bench` runs it on what is already built. */
async function runBench(): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-ratios-'));
  try {
    const json = join(folder, 'bench.json');
    const only = [...new Set(BOUNDS.map(({ name }) => name))].join(',');
    const flags = ['--quick', '--rows', '43200', '--repeats', '1', '--only', only, '--json', json];
    await promisify(execFile)(process.execPath, ['--import', 'tsx', 'tests/bench/run.ts', ...flags]);
    return (JSON.parse(readFileSync(json, 'utf8')) as { measurements: Measurement[] }).measurements;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
