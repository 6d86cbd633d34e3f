import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import { loadTrainingRows } from '../../src/index.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { checkRetrain } from '../../src/jobs/retrain/check-retrain.js';
import { exportTrainingSet } from '../../src/jobs/export/export-training-set.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { report } from '../../src/jobs/report/report.js';
import { status } from '../../src/jobs/status/status.js';
import { verify } from '../../src/jobs/verify/verify.js';
import { isValid } from '../../src/rows/chart-row.js';
import { summarizeWindows } from '../../src/tables/rolling-chart-data/window-summary.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { expectSummary, findRowAt, jobGroup, type JobWorld } from '../harness/job-world.js';

/** A ready symbol of which the platform has deleted the row of `age` minutes ago and inserted it again, without indicators. */
async function listWithPlainInsert(world: JobWorld, age: number): Promise<{ symbol: string; minute: number }> {
  const symbol = world.listSymbol(3000);
  await ingest(world.context, { symbols: [symbol] });
  const minute = world.now - age * MINUTE_MS;
  const { open, high, low, close, volume } = world.binance.get(symbol, minute)!;
  const key = [symbol, new Date(minute)];
  await world.store.knex.raw('DELETE FROM rolling_chart_data WHERE symbol = ? AND timestamp = ?', key);
  await world.store.knex.raw(
    'INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume) VALUES (?, ?, ?, ?, ?, ?, ?)',
    [...key, open, high, low, close, volume],
  );
  return { symbol, minute };
}

jobGroup("a row of the platform's plain INSERT", (test) => {
  test('counts as valid nowhere: view, status, readiness, export, API, report, metrics, retrain', async (world) => {
    const { symbol, minute } = await listWithPlainInsert(world, 100);
    const { context, store } = world;
    const { rows: shown } = await store.knex.raw<{ rows: unknown[] }>(
      'SELECT 1 FROM training_chart_data WHERE symbol = ? AND timestamp = ?',
      [symbol, new Date(minute)],
    );
    assert.equal(shown, []);
    const { window, readiness } = await expectSummary(status(context, { symbols: [symbol] }));
    assert.equal([window.present, window.valid, readiness.isReady], [600, 599, false]);
    assert.equal(
      readiness.blockers.map(({ from, minutes, reason, remedy }) => [from, minutes, reason, remedy]),
      [[minute, 1, 'written outside chartctl and not checked yet', 'backfill']],
    );
    for (const format of ['csv', 'jsonl', 'parquet'] as const) {
      const out = new CapturedStream();
      const set = await expectSummary(exportTrainingSet(context, { symbols: [symbol], out, format }));
      assert.equal(
        [set.rows, set.excluded.map(({ from, reason }) => [from, reason])],
        [599, [[minute, 'indicators incomplete']]],
      );
    }
    const held = await exportTrainingSet(context, {
      symbols: [symbol],
      out: new CapturedStream(),
      format: 'csv',
      requireReady: true,
    });
    assert.is(held.exitCode, 3);
    assert.is((await loadTrainingRows(symbol, undefined, { store, exchange: context.market })).length, 599);
    const page = await report(context, {
      symbols: [symbol],
      minutes: 600,
      out: new CapturedStream(),
      parts: { script: '', style: '' },
    });
    assert.is(page.outcomes[0]!.summary!.valid, 599);
    const [metrics] = await summarizeWindows(store, [symbol], window.to);
    assert.equal([metrics!.valid, metrics!.missing], [599, 0]);
    const retrain = await expectSummary(checkRetrain(context, { symbols: [symbol], threshold: 0.05, minNewRows: 1 }));
    assert.is(retrain.reasons.find(({ reason }) => reason === 'new_rows')!.value, 599);
    const compared = await expectSummary(verify(context, { symbols: [symbol], minutes: 600 }));
    assert.equal([compared.counts.same, compared.remaining], [600, 0]);
  });

  test('is asked for by backfill, confirmed, and valid afterwards with its indicators', async (world) => {
    const { symbol, minute } = await listWithPlainInsert(world, 100);
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 600 }));
    assert.equal([summary.confirmed, summary.inserted, summary.replaced, summary.valid], [1, 0, 0, 600]);
    const row = findRowAt(await world.rows(symbol), minute);
    assert.equal([isValid(row), row.writtenAt === null, row.source], [true, false, 'BINANCE']);
  });

  test('is completed by rebuild, and by ingest when it is the newest minute', async (world) => {
    const old = await listWithPlainInsert(world, 100);
    await rebuild(world.context, { symbols: [old.symbol] });
    assert.ok(isValid(findRowAt(await world.rows(old.symbol), old.minute)));
    const newest = await listWithPlainInsert(world, 1);
    const summary = await expectSummary(ingest(world.context, { symbols: [newest.symbol] }));
    assert.is(summary.isComplete, true);
    assert.ok(isValid(findRowAt(await world.rows(newest.symbol), newest.minute)));
  });

  test('in a run that is too short loses its mark by a rebuild', async (world) => {
    const symbol = world.listSymbol(3000);
    await world.store.knex.raw(
      'INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume) VALUES (?, ?, 1, 1, 1, 1, 0)',
      [symbol, new Date(world.now - MINUTE_MS)],
    );
    await rebuild(world.context, { symbols: [symbol] });
    const [row] = await world.rows(symbol);
    assert.is(row!.isComplete, false);
    assert.ok(INDICATOR_COLUMNS.some((column) => row!.indicators[column] === null));
  });
});
