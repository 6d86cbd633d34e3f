import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { countMinutes } from '../../../src/core/range.js';
import type { TimeSplit } from '../../../src/core/time-split.js';
import { type ExportOptions, exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { removeRows } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';

const SPLIT: TimeSplit = { cuts: { shares: [80, 20] }, embargoMinutes: 60 };

interface Manifest {
  resources: { path: string; bytes: number; hash: string; chartctl: { part: string; rows: number; minutes: number } }[];
  chartctl: {
    rows: number;
    split: { embargoMinutes: number; parts: { part: string; path: string; from: string; to: string; rows: number }[] };
    excluded: { symbol: string; from: string; minutes: number; reason: string }[];
  };
}

interface Remembered {
  from_time: Date;
  to_time: Date;
  rows: string;
  file: string;
  sha256: string;
}

/** Runs `work` with a temporary folder and symbols whose 600 minutes are complete. */
async function withReady(
  world: JobWorld,
  count: number,
  work: (folder: string, symbols: string[]) => Promise<void>,
): Promise<void> {
  const symbols = Array.from({ length: count }, () => world.listSymbol(2000));
  for (const symbol of symbols) await ingest(world.context, { symbols: [symbol] });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-split-'));
  try {
    await work(folder, symbols);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const exportTo = (world: JobWorld, symbols: string[], out: string, options: Partial<ExportOptions> = {}) =>
  exportTrainingSet(world.context, { symbols, out, format: 'csv', ...options });

const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
const timeOf = (line: string): Minute => Date.parse(line.split(',')[1]!);

jobGroup('a split training set', (test) => {
  test('is cut at one time for all symbols; the parts have all rows except those of the embargo', async (world) => {
    await withReady(world, 2, async (folder, symbols) => {
      await exportTo(world, symbols, join(folder, 'set.csv'), { split: SPLIT });
      assert.equal(readdirSync(folder).sort(), ['set.csv.datapackage.json', 'set.test.csv', 'set.train.csv']);
      await exportTo(world, symbols, join(folder, 'whole.csv'));
      const whole = linesOf(join(folder, 'whole.csv'));
      const cut = world.now - 120 * MINUTE_MS;
      const between = (from: Minute, to: Minute) => whole.filter((line) => timeOf(line) >= from && timeOf(line) < to);
      const train = linesOf(join(folder, 'set.train.csv'));
      assert.equal(train, between(world.now - 600 * MINUTE_MS, cut - 60 * MINUTE_MS));
      assert.equal(linesOf(join(folder, 'set.test.csv')), between(cut, world.now));
      for (const symbol of symbols) {
        assert.is(train.filter((line) => line.startsWith(`${symbol},`)).length, 420);
      }
    });
  });

  test('one manifest describes all parts and lists every excluded minute once', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      const missing = [world.now - 130 * MINUTE_MS, world.now - 30 * MINUTE_MS]; // one of them within the embargo
      await world.store.knex.transaction((trx) => removeRows(trx, symbol!, missing));
      const split: TimeSplit = { cuts: { shares: [50, 30, 20] }, embargoMinutes: 20 };
      const { files, file } = await exportTo(world, [symbol!], join(folder, 'set.csv'), { split });
      assert.is(file, null);
      const manifest = JSON.parse(readFileSync(join(folder, 'set.csv.datapackage.json'), 'utf8')) as Manifest;
      assert.equal(
        manifest.resources.map(({ path, chartctl }) => [path, chartctl.part, chartctl.rows, chartctl.minutes]),
        [
          ['set.train.csv', 'train', 280, 280],
          ['set.validation.csv', 'validation', 160, 160],
          ['set.test.csv', 'test', 119, 120],
        ],
      );
      for (const [i, { path, bytes, hash }] of manifest.resources.entries()) {
        const content = readFileSync(join(folder, path));
        assert.is(bytes, content.length);
        assert.is(hash, `sha256:${createHash('sha256').update(content).digest('hex')}`);
        assert.equal(
          [files[i]!.path, files[i]!.manifest],
          [join(folder, path), join(folder, 'set.csv.datapackage.json')],
        );
      }
      const { rows, split: told, excluded } = manifest.chartctl;
      assert.equal([rows, told.embargoMinutes], [559, 20]);
      assert.is(Date.parse(told.parts[1]!.from), world.now - 300 * MINUTE_MS);
      assert.equal(
        excluded.map(({ minutes, reason }) => [minutes, reason]),
        [
          [20, 'embargo before the cut'],
          [20, 'embargo before the cut'],
          [1, 'missing'],
        ],
      );
    });
  });

  test('a notice names the part of an earlier split, because its minutes are now in other parts', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      const out = join(folder, 'set.csv');
      const told = () => world.notices.filter((notice) => notice.includes('split'));
      await exportTo(world, [symbol!], out, { split: { cuts: { shares: [50, 30, 20] }, embargoMinutes: 0 } });
      assert.equal(told(), []);
      await exportTo(world, [symbol!], out, { split: SPLIT });
      assert.is(told().length, 1);
      assert.match(told()[0]!, /set\.validation\.csv" is from an earlier split/);
      assert.ok(readdirSync(folder).includes('set.validation.csv'), 'chartctl does not remove it');
    });
  });

  test('each file is recorded with its range, rows and hash', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      const { files } = await exportTo(world, [symbol!], join(folder, 'set.csv'), { split: SPLIT });
      const { rows: remembered } = await world.store.knex.raw<{ rows: Remembered[] }>(
        `SELECT * FROM chartctl_trainings WHERE symbol = ? AND kind = 'export' ORDER BY from_time`,
        [symbol!],
      );
      assert.equal(
        remembered.map((row) => ({
          range: { from: row.from_time.getTime(), to: row.to_time.getTime() },
          rows: Number(row.rows),
          path: row.file,
          sha256: row.sha256,
        })),
        files.map(({ range, rows, path, sha256 }) => ({ range, rows, path, sha256 })),
      );
      assert.equal(
        files.map(({ part, range }) => [part, countMinutes(range)]),
        [
          ['train', 420],
          ['test', 120],
        ],
      );
    });
  });

  test('a part without a valid row is a failure, and no file is replaced', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      writeFileSync(join(folder, 'set.train.csv'), 'old');
      const range = { from: world.now - 3000 * MINUTE_MS, to: world.now };
      const split: TimeSplit = { cuts: { times: [world.now - 2000 * MINUTE_MS] }, embargoMinutes: 0 };
      const failure = await expectFailure(exportTo(world, [symbol!], join(folder, 'set.csv'), { range, split }));
      assert.is(failure.kind, 'failed');
      assert.match(failure.message, /^the train part has no valid row: 20\d\d-/);
      assert.equal(readdirSync(folder), ['set.train.csv']);
      assert.is(readFileSync(join(folder, 'set.train.csv'), 'utf8'), 'old');
    });
  });

  test('an export that is interrupted during its second part leaves no file', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      const stop = new AbortController();
      let batches = 0;
      const onProgress = () => {
        if ((batches += 1) === 1) stop.abort(new Failure('terminated', 'terminated'));
      };
      const context = { ...world.context, signal: stop.signal, onProgress };
      const options = { symbols: [symbol!], out: join(folder, 'set.csv'), format: 'csv' as const, split: SPLIT };
      const failure = await expectFailure(exportTrainingSet(context, options));
      assert.equal([failure.kind, batches], ['terminated', 1]);
      assert.equal(readdirSync(folder), []);
    });
  });

  test('a cut outside of the window is rejected before the job starts', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      const jobs = () => world.store.knex('chartctl_jobs').count<{ count: string }[]>('* as count');
      const before = await jobs();
      const split: TimeSplit = { cuts: { times: [world.now] }, embargoMinutes: 0 };
      const failure = await expectFailure(exportTo(world, [symbol!], join(folder, 'set.csv'), { split }));
      assert.is(failure.kind, 'usage');
      assert.match(failure.message, /is not inside/);
      assert.equal(await jobs(), before);
      assert.equal(readdirSync(folder), []);
    });
  });

  test('a file name that is invalid in a manifest is rejected, and nothing is written', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      for (const name of ['.set.csv', '~set.csv', 'file:set.csv', 'a\\b.csv']) {
        const failure = await expectFailure(exportTo(world, [symbol!], join(folder, name), {}));
        assert.equal([failure.kind, failure.message], ['usage', `the output file was "${join(folder, name)}"`]);
      }
      assert.equal(readdirSync(folder), []);
    });
  });

  test('programs cannot gzip a Parquet file or write several parts to a stream, as with the command', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      const out = join(folder, 'set.parquet.gz');
      const gzipped = await expectFailure(exportTo(world, [symbol!], out, { format: 'parquet', isGzipped: true }));
      assert.equal([gzipped.kind, gzipped.message], ['usage', 'parquet files cannot be gzipped']);
      const options = { symbols: [symbol!], out: new PassThrough(), format: 'csv' as const, split: SPLIT };
      const streamed = await expectFailure(exportTrainingSet(world.context, options));
      assert.is(streamed.kind, 'usage');
      assert.equal(readdirSync(folder), []);
    });
  });

  test('--require-ready writes no part', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      await world.store.knex.transaction((trx) => removeRows(trx, symbol!, [world.now - 150 * MINUTE_MS]));
      const held = await exportTo(world, [symbol!], join(folder, 'set.csv'), { split: SPLIT, requireReady: true });
      assert.equal([held.exitCode, held.files], [3, []]);
      assert.equal(readdirSync(folder), []);
    });
  });

  test('gzipped parts contain the same bytes as plain ones, and the manifest has both hashes', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      for (const format of ['csv', 'jsonl'] as const) {
        const [plain, packed] = [join(folder, `p.${format}`), join(folder, `z.${format}.gz`)];
        const { files } = await exportTo(world, [symbol!], plain, { format, split: SPLIT });
        await exportTo(world, [symbol!], packed, { format, split: SPLIT, isGzipped: true });
        const manifest = JSON.parse(readFileSync(`${packed}.datapackage.json`, 'utf8')) as {
          resources: {
            path: string;
            compression: string;
            chartctl: { uncompressed: { bytes: number; hash: string } };
          }[];
        };
        assert.equal(
          manifest.resources.map(({ path }) => path),
          [`z.train.${format}.gz`, `z.test.${format}.gz`],
        );
        for (const [i, { path, compression, chartctl }] of manifest.resources.entries()) {
          const content = gunzipSync(readFileSync(join(folder, path)));
          assert.ok(content.equals(readFileSync(files[i]!.path)));
          assert.is(compression, 'gz');
          assert.equal(chartctl.uncompressed, { bytes: content.length, hash: `sha256:${files[i]!.sha256}` });
        }
      }
    });
  });

  test('the summary counts the rows of the files', async (world) => {
    await withReady(world, 1, async (folder, [symbol]) => {
      const { rows, bySource, isReady, parts } = await expectSummary(
        exportTo(world, [symbol!], join(folder, 'set.csv'), { split: SPLIT }),
      );
      assert.equal([rows, isReady], [540, true]);
      assert.equal(bySource, { BINANCE: 1, BINANCE_BACKFILL: 539 });
      assert.equal(
        parts?.map(({ part, rows }) => [part, rows]),
        [
          ['train', 420],
          ['test', 120],
        ],
      );
    });
  });
});
