import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { INDICATOR_COLUMNS } from '../../../src/indicators/indicators.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { type ExportOptions, exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { removeRows } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { expectSummary, findRowAt, jobGroup, type JobWorld } from '../../harness/job-world.js';

/** Runs `work` with a temporary folder. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-export-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A symbol with 1,000 stored minutes, the last 600 complete. */
async function listReady(world: JobWorld): Promise<string> {
  const symbol = world.listSymbol(2000);
  await ingest(world.context, { symbols: [symbol] });
  return symbol;
}

const exportTo = (
  world: JobWorld,
  symbols: string[],
  out: ExportOptions['out'],
  options: Partial<ExportOptions> = {},
) => exportTrainingSet(world.context, { symbols, out, format: 'csv', ...options });

interface ManifestShape {
  resources: { bytes: number; hash: string; path: string; schema: { fields: { name: string }[] } }[];
  chartctl: {
    rows: number;
    excluded: { symbol: string; from: string; minutes: number; reason: string }[];
    gaps: { from: string; minutes: number; cause: string | null }[];
  };
}

jobGroup('export-training-set', (test) => {
  test("the file has the window by symbol and time, and each number equals the database's, bit for bit", async (world) => {
    const symbols = [await listReady(world), await listReady(world)];
    await inFolder(async (folder) => {
      const file = join(folder, 'train.csv');
      await exportTo(world, [...symbols].reverse(), file);
      const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
      const names = header!.split(',');
      assert.is(lines.length, 1200);
      const records = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
      assert.equal([...new Set(records.map((record) => record.symbol))], [...symbols].sort());
      for (const symbol of symbols) {
        const rows = await world.rows(symbol);
        const own = records.filter((record) => record.symbol === symbol);
        assert.is(own[0]!.timestamp, new Date(world.now - 600 * MINUTE_MS).toISOString().replace('.000Z', 'Z'));
        for (const record of own) {
          const row = findRowAt(rows, Date.parse(record.timestamp!));
          assert.is(Number(record.close), row.close);
          assert.is(record.source, row.source);
          for (const column of INDICATOR_COLUMNS) assert.is(Number(record[column]), row.indicators[column], column);
        }
      }
    });
  });

  test('a set without a valid row is a failure, and an existing file is kept', async (world) => {
    const symbols = [await listReady(world), await listReady(world)];
    await inFolder(async (folder) => {
      const file = join(folder, 'train.csv');
      await exportTo(world, symbols, file);
      const [set, files] = [readFileSync(file), readdirSync(folder)];
      const later = { from: world.now, to: world.now + 600 * MINUTE_MS };
      const failure = await expectFailure(exportTo(world, symbols, file, { range: later }));
      assert.equal([failure.kind, files], ['failed', readdirSync(folder)]);
      assert.match(failure.message, /^the training set has no valid row: 20\d\d-/);
      assert.equal(readFileSync(file), set);
    });
  });

  test('the file has no flagged, incomplete or unsound row; the manifest lists the excluded minutes and why', async (world) => {
    const symbol = await listReady(world);
    const at = (minutes: number) => new Date(world.now - minutes * MINUTE_MS);
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET hasmissingdata = true WHERE symbol = ? AND timestamp = ?`,
      [symbol, at(500)],
    );
    await world.store.knex.raw(`UPDATE rolling_chart_data SET low = -1 WHERE symbol = ? AND timestamp = ?`, [
      symbol,
      at(450),
    ]);
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [at(20).getTime(), at(19).getTime()]));
    await rebuild(world.context, { symbols: [symbol] });
    await clean(world.context, { symbols: [symbol], sigma: 1000 });
    await inFolder(async (folder) => {
      const file = join(folder, 'train.csv');
      const result = await exportTo(world, [symbol], file);
      const summary = await expectSummary(Promise.resolve(result));
      assert.not.ok(summary.isReady);
      const times = readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => Date.parse(line.split(',')[1]!));
      const expected = (await world.rows(symbol)).filter(
        (row) => row.openTime >= at(600).getTime() && row.isComplete && !row.hasMissingData,
      );
      assert.equal(
        times,
        expected.map((row) => row.openTime),
      );
      const manifest = JSON.parse(readFileSync(`${file}.datapackage.json`, 'utf8')) as ManifestShape;
      const bytes = readFileSync(file);
      assert.is(manifest.resources[0]!.bytes, bytes.length);
      assert.is(manifest.resources[0]!.hash, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
      assert.equal(
        manifest.chartctl.excluded.map(({ minutes, reason }) => [minutes, reason]),
        [
          [1, 'flagged: external'],
          [1, 'flagged: unsound'],
          [400, 'indicators incomplete'],
          [2, 'missing'],
          [18, 'indicators incomplete'],
        ],
      );
      assert.is(manifest.chartctl.excluded.reduce((sum, { minutes }) => sum + minutes, 0) + times.length, 600);
    });
  });

  const gaps: [what: string, fault: string, reason: string][] = [
    ['a flag', 'hasmissingdata = true', 'flagged: hasMissingData was set outside chartctl'],
    ['a row off the minute', `timestamp = timestamp + interval '7 seconds'`, 'missing'],
  ];
  for (const [what, fault, reason] of gaps) {
    test(`${what} is the only exclusion that is listed`, async (world) => {
      const symbol = await listReady(world);
      const at = world.now - 40 * MINUTE_MS;
      await world.store.knex.raw(`UPDATE rolling_chart_data SET ${fault} WHERE symbol = ? AND timestamp = ?`, [
        symbol,
        new Date(at),
      ]);
      const { rows, isReady, excluded } = await expectSummary(exportTo(world, [symbol], new PassThrough().resume()));
      assert.equal([rows, isReady], [599, false]);
      assert.equal(excluded, [{ from: at, to: at + MINUTE_MS, reason, minutes: 1 }]);
    });
  }

  test('the manifest lists gaps with their causes; the cause is null if they were not requested yet', async (world) => {
    const symbol = await listReady(world);
    const [asked, unasked] = [world.now - 60 * MINUTE_MS, world.now - 30 * MINUTE_MS];
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [asked, unasked]));
    world.exchange.hide(symbol, { from: asked, to: asked + MINUTE_MS });
    await backfill(world.context, { symbols: [symbol], range: { from: asked, to: asked + MINUTE_MS } });
    await inFolder(async (folder) => {
      const file = join(folder, 'train.jsonl');
      await exportTo(world, [symbol], file, { format: 'jsonl' });
      const { chartctl } = JSON.parse(readFileSync(`${file}.datapackage.json`, 'utf8')) as ManifestShape;
      assert.equal(
        chartctl.gaps.map(({ from, minutes, cause }) => [Date.parse(from), minutes, cause]),
        [
          [asked, 1, 'unknown'],
          [unasked, 1, null],
        ],
      );
    });
  });

  test('--require-ready writes nothing and exits 3 when a symbol is not ready', async (world) => {
    const ready = await listReady(world);
    const symbol = await listReady(world);
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [world.now - 5 * MINUTE_MS]));
    await inFolder(async (folder) => {
      const result = await exportTo(world, [ready, symbol], join(folder, 'train.csv'), { requireReady: true });
      assert.is(result.exitCode, 3);
      assert.is(result.file, null);
      assert.equal(readdirSync(folder), []);
      assert.is((await exportTo(world, [ready], join(folder, 'train.csv'), { requireReady: true })).exitCode, 0);
    });
  });

  test('a window ends before the newest minute while ingest may still be storing it for one of the symbols', async (world) => {
    const [stored, onItsWay] = [world.listSymbol(2000), world.listSymbol(2000)];
    await backfill(world.context, { symbols: [stored, onItsWay], minutes: 1100 });
    await world.store.knex.transaction((trx) => removeRows(trx, onItsWay, [world.now - MINUTE_MS]));
    await inFolder(async (folder) => {
      const both = await exportTo(world, [stored, onItsWay], join(folder, 'both.csv'), { requireReady: true });
      const to = world.now - MINUTE_MS;
      assert.equal([both.exitCode, both.file?.range], [0, { from: to - 600 * MINUTE_MS, to }]);
      const one = await exportTo(world, [stored], join(folder, 'one.csv'), { requireReady: true });
      assert.equal([one.exitCode, one.file?.range.to], [0, world.now]);
    });
  });

  test('a target that cannot be written is a failure that names it, and leaves no file behind', async (world) => {
    const symbol = await listReady(world);
    await inFolder(async (folder) => {
      const file = join(folder, 'no', 'such', 'train.csv');
      try {
        await exportTo(world, [symbol], file);
        assert.unreachable('nothing was thrown');
      } catch (error) {
        assert.match(String(error), new RegExp(`cannot write "${file}"`));
      }
      assert.equal(readdirSync(folder), []);
    });
  });

  test('a stream gets only the rows', async (world) => {
    const symbol = await listReady(world);
    const out = new PassThrough();
    const printed = text(out);
    const result = await exportTo(world, [symbol], out, { format: 'jsonl', window: 10 });
    out.end();
    assert.is(result.file, null);
    const rows = (await printed)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { symbol: string });
    assert.is(rows.length, 10);
    assert.ok(rows.every((row) => row.symbol === symbol));
  });

  test('an export is recorded with its rows, its greatest written_at and the hash of its file', async (world) => {
    const symbol = await listReady(world);
    await inFolder(async (folder) => {
      const result = await exportTo(world, [symbol], join(folder, 'train.csv'));
      const [training] = await world.store
        .knex<{ kind: string; rows: string; sha256: string; written_until: Date; symbol: string }>('chartctl_trainings')
        .where({ symbol });
      assert.equal([training!.kind, Number(training!.rows), training!.sha256], ['export', 600, result.file?.sha256]);
      const stamps = (await world.rows(symbol)).filter((row) => row.isComplete).map((row) => row.writtenAt!.getTime());
      assert.is(training!.written_until.getTime(), Math.max(...stamps));
    });
  });

  test('NULL in flag and source means not flagged and from Binance, in the report and in the file', async (world) => {
    const symbol = await listReady(world);
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET hasmissingdata = NULL, source = NULL WHERE symbol = ? AND timestamp = ?`,
      [symbol, new Date(world.now - 10 * MINUTE_MS)],
    );
    await inFolder(async (folder) => {
      const result = await exportTo(world, [symbol], join(folder, 'train.parquet'), {
        format: 'parquet',
        requireReady: true,
      });
      assert.equal([result.exitCode, result.file?.rows], [0, 600]);
      assert.equal((await expectSummary(Promise.resolve(result))).bySource, { BINANCE: 2, BINANCE_BACKFILL: 598 });
    });
  });
});
