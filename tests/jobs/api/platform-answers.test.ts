import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import {
  backfill,
  checkRetrain,
  cleanAndFlagAnomalies,
  exportTrainingSet,
  Failure,
  ingestMinute,
  loadTrainingRows,
  type Opened,
  type Progress,
  status,
  streamTrainingRows,
  type TrainingRow,
} from '../../../src/index.js';
import { CapturedStream } from '../../harness/captured-stream.js';
import { jobGroup, type JobWorld } from '../../harness/job-world.js';

function opened({ store, context }: JobWorld): Opened {
  return { store, exchange: context.market };
}

jobGroup("the package's read functions and export", (test) => {
  test('status returns the stored rows and what makes the window ready', async (world) => {
    const symbol = world.listSymbol(3000);
    const before = await status(symbol, opened(world));
    assert.equal(
      [before.last, before.readiness.isReady, before.readiness.blockers[0]?.remedy],
      [null, false, 'ingest'],
    );
    await ingestMinute(symbol, opened(world));
    const { window, readiness, coverage } = await status(symbol, { ...opened(world), days: 1 });
    assert.equal([window.valid, readiness.isReady, coverage.length], [600, true, 24]);
  });

  test('checkRetrain is due if backfill replaced too many rows, until the training is recorded', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(symbol, world.now - 600 * MINUTE_MS, world.now, opened(world));
    const first = await checkRetrain(symbol, { ...opened(world), threshold: 0.5 });
    assert.equal([first.isDue, first.share, first.trainedAt], [true, 1, null]);
    assert.ok((await checkRetrain(symbol, { ...opened(world), threshold: 1 })).isDue === false);
    assert.is((await checkRetrain(symbol, { ...opened(world), markTrained: true })).marked?.rows, 600);
    const second = await checkRetrain(symbol, opened(world));
    assert.equal([second.isDue, second.replaced], [false, 0]);
    assert.ok(second.trainedAt instanceof Date);
  });

  test('exportTrainingSet derives the format from the file name and returns the excluded minutes', async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-api-'));
    const symbols = [world.listSymbol(3000), world.listSymbol(3000)];
    for (const symbol of symbols) await ingestMinute(symbol, opened(world));
    const range = { from: world.now - 700 * MINUTE_MS, to: new Date(world.now) };
    const set = await exportTrainingSet(symbols, { ...opened(world), out: join(folder, 'set.jsonl.gz'), range });
    assert.equal(
      set.symbols.map(({ symbol, rows, isReady, excluded }) => [symbol, rows, isReady, excluded[0]?.minutes]),
      symbols.sort().map((symbol) => [symbol, 600, false, 100]),
    );
    const [file] = set.files;
    const lines = gunzipSync(readFileSync(file!.path)).toString().trimEnd().split('\n');
    assert.is(lines.length, 1200);
    assert.is((JSON.parse(lines[0]!) as { symbol: string }).symbol, symbols[0]);
    const out = new CapturedStream();
    assert.equal((await exportTrainingSet(symbols[0]!, { ...opened(world), out })).files, []);
    assert.is(out.text.split('\n').length, 602);
    const held = await exportTrainingSet(symbols, {
      ...opened(world),
      out: join(folder, 'x.csv'),
      range,
      requireReady: true,
    });
    assert.equal(held.files, []);
    rmSync(folder, { recursive: true });
  });

  test('options of the command are accepted: at, repair, dryRun; progress is reported', async (world) => {
    const symbol = world.listSymbol(3000);
    const at = new Date(world.now - 100 * MINUTE_MS + 30_000);
    assert.is((await ingestMinute(symbol, { ...opened(world), at })).minute, world.now - 100 * MINUTE_MS);
    const told: Progress[] = [];
    const range = [world.now - 600 * MINUTE_MS, world.now] as const;
    const planned = await backfill(symbol, ...range, { ...opened(world), dryRun: true });
    assert.equal([planned.inserted, planned.plannedMinutes > 0], [0, true]);
    await backfill(symbol, ...range, { ...opened(world), onProgress: (progress) => told.push(progress) });
    assert.equal([told.at(-1)?.symbol, told.at(-1)?.done], [symbol, told.at(-1)?.total]);
    const spike = { ...world.binance.get(symbol, world.now - 50 * MINUTE_MS)!, volume: 1e7 };
    world.binance.put(symbol, [spike]);
    await world.store
      .knex('rolling_chart_data')
      .where({ symbol, timestamp: new Date(spike.openTime) })
      .update({ volume: 1e7 });
    const { spikes, confirmed, openFlags } = await cleanAndFlagAnomalies(symbol, { ...opened(world), repair: true });
    assert.equal([spikes, confirmed, openFlags], [1, 1, 0]);
  });

  test('values that the command rejects are rejected, and no file is written', async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-api-'));
    const symbol = world.listSymbol(3000);
    await ingestMinute(symbol, opened(world));
    const set = (name: string, settings: object = {}, symbols: string[] = [symbol]) =>
      exportTrainingSet(symbols, { ...opened(world), out: join(folder, name), ...settings });
    for (const window of [-5, 0, 1.5, NaN, Infinity]) {
      await assertRefused(set('a.csv', { window }), /^window was /);
      await assertRefused(checkRetrain(symbol, { ...opened(world), window }), /^window was /);
    }
    await assertRefused(set('a.ndjson'), /ends in ".ndjson", which is not a format/);
    await assertRefused(set('a.parquet.gz'), /--out was ".*a\.parquet\.gz"/);
    await assertRefused(set('a.csv', {}, []), /^no symbol was given$/);
    assert.equal(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
    await assertRefused(checkRetrain(symbol, { ...opened(world), threshold: 5 }), /^threshold was 5$/);
    await assertRefused(status(symbol, { ...opened(world), days: -1 }), /^days was -1$/);
    for (const slip of [{ sigma: -1 }, { sigma: NaN }, { keepDays: -5 }, { flatMinutes: 1 }]) {
      await assertRefused(cleanAndFlagAnomalies(symbol, { ...opened(world), ...slip }), / was (-1|NaN|-5|1)$/);
    }
    assert.is((await status(symbol, opened(world))).window.valid, 600);
  });
});

jobGroup('streamTrainingRows', (test) => {
  test('yields the rows of loadTrainingRows one by one', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingestMinute(symbol, opened(world));
    const rows: TrainingRow[] = [];
    for await (const row of streamTrainingRows(symbol, undefined, opened(world))) rows.push(row);
    assert.is(rows.length, 600);
    assert.equal(rows, await loadTrainingRows(symbol, undefined, opened(world)));
  });

  test('reads one snapshot of the database, however long it takes', async (world) => {
    if (world.store.kind === 'embedded') return; // one connection, so there is no other writer
    const symbol = world.listSymbol(30_000);
    await backfill(symbol, world.now - 25_000 * MINUTE_MS, world.now, opened(world));
    let count = 0;
    for await (const { close } of streamTrainingRows(symbol, { from: 0, to: world.now }, opened(world))) {
      assert.is.not(close, 1);
      count += 1;
      if (count === 1) await world.store.knex('rolling_chart_data').where({ symbol }).update({ close: 1, low: 1 });
    }
    assert.is(count, 25_000);
  });

  test('a connection lost while reading is a Failure, and the store still works', async (world) => {
    if (world.store.kind === 'embedded') return; // it has no connection that can be cut
    const symbol = world.listSymbol(50_000);
    await backfill(symbol, world.now - 45_000 * MINUTE_MS, world.now, opened(world));
    const loseConnection = async function* () {
      for await (const row of streamTrainingRows(symbol, { from: 0, to: world.now }, opened(world))) {
        if (row.timestamp === world.now - 45_000 * MINUTE_MS)
          await world.store.knex.raw(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
             AND backend_type = 'client backend' AND pid <> pg_backend_pid()`, // autovacuum is a superuser's
          );
        yield row;
      }
    };
    await assertFails(loseConnection(), /was shut down|closed the connection/);
    assert.is((await loadTrainingRows(symbol, undefined, opened(world))).length, 600);
  });

  test('a loop that ends early releases its connection', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingestMinute(symbol, opened(world));
    for (let i = 0; i < 12; i += 1) {
      for await (const row of streamTrainingRows(symbol, undefined, opened(world))) {
        assert.is(row.symbol, symbol);
        break;
      }
    }
    const bug = new Error('a bug in the loop');
    try {
      for await (const row of streamTrainingRows(symbol, undefined, opened(world))) if (row) throw bug;
      assert.unreachable();
    } catch (error) {
      assert.is(error, bug);
    }
    assert.is((await world.rows(symbol)).length, 1000);
  });

  test('stops between batches when aborted, and rejects invalid arguments at once', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingestMinute(symbol, opened(world));
    const signal = AbortSignal.abort(new Failure('terminated', 'going down'));
    await assertFails(streamTrainingRows(symbol, undefined, { ...opened(world), signal }), /going down/);
    await assertFails(streamTrainingRows('a b', undefined, opened(world)), /was not understood/);
    await assertFails(streamTrainingRows(symbol, { from: 2, to: 1 }, opened(world)), /no minute opens/);
  });
});

async function assertFails(rows: AsyncIterable<unknown>, message: RegExp): Promise<void> {
  try {
    for await (const row of rows) assert.ok(row);
  } catch (error) {
    assert.instance(error, Failure);
    assert.match((error as Failure).message, message);
    return;
  }
  assert.unreachable(`no Failure, expected ${message.source}`);
}

async function assertRefused(call: Promise<unknown>, message: RegExp): Promise<void> {
  await call.then(
    () => assert.unreachable(`it was done, expected ${message.source}`),
    (error: unknown) => {
      assert.instance(error, Failure);
      assert.is((error as Failure).kind, 'usage');
      assert.match((error as Failure).message, message);
    },
  );
}
