import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { backfill } from '../../src/jobs/backfill.js';
import { checkRetrain } from '../../src/jobs/check-retrain.js';
import { clean } from '../../src/jobs/clean.js';
import { ingest } from '../../src/jobs/ingest.js';
import { summaryOf, worldGroup, type World } from '../harness/job-world.js';

/** A trained symbol of which backfill wrote `replaced` of the last 600 rows afterwards. */
async function listReplaced(world: World, replaced: number): Promise<string> {
  const symbol = world.list(2000);
  await ingest(world.context, { symbols: [symbol] });
  await checkRetrain(world.context, { symbols: [symbol], markTrained: true });
  await world.store.knex.raw(
    `UPDATE rolling_chart_data SET source = 'BINANCE_BACKFILL', written_at = written_at + interval '1 second'
     WHERE symbol = ? AND timestamp >= ?`,
    [symbol, new Date(world.now - replaced * MINUTE_MS)],
  );
  return symbol;
}

const check = (world: World, symbol: string, options: object = {}) =>
  summaryOf(checkRetrain(world.context, { symbols: [symbol], ...options }));

worldGroup('check-retrain', (test) => {
  test('30 of 600 replaced is not due, 31 is', async (world) => {
    const thirty = await check(world, await listReplaced(world, 30));
    assert.equal([thirty.rows, thirty.replaced, thirty.isDue], [600, 30, false]);
    const more = await check(world, await listReplaced(world, 31));
    assert.equal([more.rows, more.replaced, more.isDue], [600, 31, true]);
    assert.match(more.reason, /replaced 31 of the last 600 rows/);
  });

  test('the share is of the rows present', async (world) => {
    const symbol = await listReplaced(world, 20);
    await world.store
      .knex('rolling_chart_data')
      .where({ symbol })
      .andWhere('timestamp', '<', new Date(world.now - 390 * MINUTE_MS))
      .delete();
    const summary = await check(world, symbol);
    assert.equal([summary.rows, summary.replaced, summary.isDue], [390, 20, true]);
  });

  test('rows that a training has seen count no more', async (world) => {
    const symbol = await listReplaced(world, 100);
    assert.ok((await check(world, symbol)).isDue);
    await check(world, symbol, { markTrained: true });
    const after = await check(world, symbol);
    assert.equal([after.replaced, after.isDue], [0, false]);
    assert.instance(after.trainedAt, Date);
  });

  test('threshold and window are obeyed', async (world) => {
    const symbol = await listReplaced(world, 30);
    assert.ok((await check(world, symbol, { threshold: 0.049 })).isDue);
    assert.ok((await check(world, symbol, { window: 599 })).isDue);
  });

  test('any of several symbols that is due makes it due', async (world) => {
    const calm = await listReplaced(world, 0);
    const due = await listReplaced(world, 31);
    const result = await checkRetrain(world.context, { symbols: [calm, due] });
    assert.is(result.isDue, true);
    assert.is(result.exitCode, 0);
  });

  test('--exec runs when due, and the training is marked only when it succeeds', async (world) => {
    const symbol = await listReplaced(world, 31);
    const failing = [process.execPath, '-e', 'process.exitCode = 7'];
    const failed = await checkRetrain(world.context, { symbols: [symbol], exec: failing });
    assert.is(failed.exec?.exitCode, 7);
    assert.is(failed.exitCode, 1);
    assert.ok((await check(world, symbol)).isDue);
    const succeeded = await checkRetrain(world.context, { symbols: [symbol], exec: [process.execPath, '-e', ''] });
    assert.is(succeeded.exitCode, 0);
    const skipped = await checkRetrain(world.context, { symbols: [symbol], exec: failing });
    assert.is(skipped.exec, null, 'it is not due any more, so nothing runs');
  });

  test('a program that cannot be started is a failure, not a crash', async (world) => {
    const symbol = await listReplaced(world, 31);
    try {
      await checkRetrain(world.context, { symbols: [symbol], exec: ['no-such-program-here'] });
      assert.unreachable('nothing was thrown');
    } catch (error) {
      assert.match(String(error), /"no-such-program-here" could not be started/);
    }
  });

  test('rows whose numbers the exchange merely confirmed are not replaced rows', async (world) => {
    const symbol = world.list(2000);
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    await check(world, symbol, { markTrained: true });
    await world.store.knex('rolling_chart_data').where({ symbol }).update({ hasmissingdata: true });
    const confirmed = await summaryOf(clean(world.context, { symbols: [symbol], repair: true }));
    assert.ok(confirmed.confirmed >= 1000);
    assert.equal((await check(world, symbol)).replaced, 0);
  });

  test('rows off the minute do not push real rows out of the window', async (world) => {
    const symbol = await listReplaced(world, 31);
    await world.store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, source)
       SELECT symbol, timestamp + interval '5 seconds', open, high, low, close, volume, 'BINANCE'
       FROM rolling_chart_data WHERE symbol = ? AND timestamp >= ?`,
      [symbol, new Date(world.now - 600 * MINUTE_MS)],
    );
    const summary = await check(world, symbol);
    assert.equal([summary.rows, summary.replaced, summary.isDue], [600, 31, true]);
  });
});
