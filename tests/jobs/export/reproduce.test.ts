import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import type { ComparedName } from '../../../src/jobs/compare/compared-side.js';
import { diff } from '../../../src/jobs/compare/diff.js';
import { reproduce } from '../../../src/jobs/compare/reproduce.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { jobGroup, reviseCandle } from '../../harness/job-world.js';

/** A Parquet file with other columns. */
function writeOther(): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'price', data: [1, 2], type: 'DOUBLE' }] }));
}

jobGroup('reproduce', (test) => {
  test('every kind of file is made again after later corrections, and other SQL is found row by row', async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-reproduce-'));
    const symbols = [world.listSymbol(1100), world.listSymbol(1100)].sort();
    const symbol = symbols[0]!;
    const range = { from: world.now - 600 * MINUTE_MS, to: world.now };
    const wrong = world.now - 30 * MINUTE_MS;
    const right = world.binance.get(symbol, wrong)!;
    world.binance.put(symbol, [reviseCandle(right)]);
    const filled = await backfill(world.context, { symbols, minutes: 1000 });
    const write = async (name: string, options: object) => {
      const out = join(folder, name);
      const { jobId } = await exportTrainingSet(world.context, { symbols, out, range, format: 'csv', ...options });
      return { path: out, jobId: jobId! };
    };
    const csv = await write('set.csv', {});
    const cut = { shares: [70, 30] };
    const files = [
      csv,
      await write('set.csv.gz', { isGzipped: true }),
      await write('parts.jsonl', { format: 'jsonl', split: { cuts: cut, embargoMinutes: 10 } }),
      await write('set.parquet', { format: 'parquet' }),
      await write('known.csv', { knownWithinMs: 36_500 * 86_400_000 }),
    ];
    world.binance.put(symbol, [right]);
    const repaired = await verify(world.context, { symbols, minutes: 100, repair: true, revised: true });
    const kindsOf = async (a: ComparedName, b: ComparedName, of: readonly string[] | 'all' = symbols) => {
      const { rows, sums } = await diff(world.context, { a, b, symbols: of });
      assert.is(
        rows,
        sums.reduce((sum, part) => sum + part.rows, 0),
      );
      return sums.map((sum) => [sum.symbol, sum.kind, sum.rows, sum.command, sum.firstJob]);
    };
    const repair = [
      [symbol, 'candle', 1, 'verify', repaired.jobId],
      [symbol, 'indicators', 29, null, null],
    ];
    for (const name of ['set.csv', 'set.csv.gz', 'set.parquet']) {
      const found = await kindsOf({ path: join(folder, name) }, 'now', 'all');
      assert.equal(found, repair, name);
    }
    assert.equal(await kindsOf({ job: csv.jobId }, 'now'), repair);
    assert.equal(await kindsOf({ job: filled.jobId! }, { job: repaired.jobId! }), repair);
    assert.equal(await kindsOf('now', { job: filled.jobId! }), repair);
    assert.equal(await kindsOf('now', { time: Date.now() }), []);
    assert.equal(await kindsOf({ job: filled.jobId! }, 'now', [symbols[1]!]), []);
    await clean(world.context, { symbols: [symbol], sigma: 1 });
    const flags = await kindsOf({ job: repaired.jobId! }, 'now');
    const flagged = await kindsOf({ path: csv.path }, 'now');
    assert.equal([flags.map(([, kind]) => kind), flags[0]![3]], [['flag'], 'clean']);
    assert.equal([flagged[0]![1], flagged[0]![3]], ['only in A', 'clean']);
    await clean(world.context, { symbols: [symbol], accept: { minutes: 'all-open', reason: 'seen' } });

    files.push(await write('past.csv', { asOf: { job: csv.jobId } }));
    assert.is(readFileSync(files.at(-1)!.path, 'utf8'), readFileSync(csv.path, 'utf8'));
    for (const { path, jobId } of files) {
      for (const name of [{ path }, { job: jobId }]) {
        const { isIdentical, exitCode, files: made } = await reproduce(world.context, name);
        assert.equal([path, isIdentical, exitCode, made.length], [path, true, 0, path.includes('parts') ? 2 : 1]);
      }
    }
    const part = await reproduce(world.context, { path: join(folder, 'parts.test.jsonl') });
    assert.equal([part.isIdentical, part.files.length], [true, 1]);

    await world.store.knex.raw(
      'UPDATE rolling_chart_data SET close = high, written_at = NULL WHERE symbol = ? AND timestamp = ?',
      [symbol, new Date(world.now - 20 * MINUTE_MS)],
    );
    const parquet = join(folder, 'set.parquet');
    for (const path of [csv.path, `${csv.path}.gz`, parquet]) {
      const { isIdentical, exitCode, problem, files: made } = await reproduce(world.context, { path });
      const { sums, samples, rows } = made[0]!.differences!;
      assert.equal([isIdentical, exitCode, problem!.code, rows], [false, 1, 'NOT_IDENTICAL', 20]);
      assert.equal(
        sums.map((sum) => [sum.symbol, sum.kind, sum.rows, sum.reason]),
        [
          [symbol, 'candle', 1, null],
          [symbol, 'indicators', 19, 'computed from candles that differ'],
        ],
      );
      assert.equal([samples.length, samples[0]!.kind, samples[0]!.fields[0]!.name], [5, 'candle', 'close']);
    }
    // without its manifest only its rows count
    const alone = join(folder, 'alone.parquet');
    copyFileSync(parquet, alone);
    assert.equal(await kindsOf({ path: csv.path }, { path: alone }, 'all'), []);
    assert.equal(await kindsOf({ path: csv.path }, { path: alone }, [symbol]), []);
    assert.ok((await kindsOf({ path: alone }, 'now', 'all')).length > 0);
    writeFileSync(alone, 'PAR1 but nothing more');
    const unreadable = await expectFailure(kindsOf({ path: csv.path }, { path: alone }, 'all'));
    assert.match(unreadable.message, /^cannot read ".*alone\.parquet": /);
    writeFileSync(alone, writeOther());
    const other = await expectFailure(kindsOf({ path: csv.path }, { path: alone }, 'all'));
    assert.match(other.message, /alone\.parquet" is not a training file: it has no symbol, timestamp, open, /);

    const refuse = async (path: string) => (await expectFailure(reproduce(world.context, { path }))).code;
    const manifest = `${csv.path}.datapackage.json`;
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace('"warmup"', '"warm-up"').replace('"period": 14', '"period": 15'));
    assert.is(await refuse(csv.path), 'OTHER_INDICATORS');
    writeFileSync(manifest, text.replace(`"jobId": ${csv.jobId}`, '"jobId": 1'));
    assert.is(await refuse(csv.path), 'OTHER_DATABASE');
    writeFileSync(manifest, '{"resources": []}');
    assert.is(await refuse(csv.path), 'INCOMPLETE_MANIFEST');
    writeFileSync(manifest, text);
    appendFileSync(csv.path, '\n');
    assert.is(await refuse(csv.path), 'FILE_CHANGED');
    rmSync(manifest);
    assert.is(await refuse(csv.path), 'NO_MANIFEST');
    assert.is((await expectFailure(reproduce(world.context, { job: 999_999 }))).code, 'NO_EXPORT');
    rmSync(folder, { recursive: true });
  });
});
