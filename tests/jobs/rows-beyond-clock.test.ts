import * as assert from 'uvu/assert';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { loadTrainingRows } from '../../src/jobs/api/training-rows.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { checkRetrain } from '../../src/jobs/retrain/check-retrain.js';
import { status } from '../../src/jobs/status/status.js';
import { undo } from '../../src/jobs/undo.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { expectSummary, jobGroup, type JobWorld } from '../harness/job-world.js';

/** Stores the window of a new symbol, and copies of its last rows later than the clock. */
async function listWithFuture(world: JobWorld, { rows, after }: { rows: number; after: number }): Promise<string> {
  const symbol = world.listSymbol(1100);
  await ingest(world.context, { symbols: [symbol] });
  await copyRows(world, symbol, { rows, after });
  return symbol;
}

/** Copies a symbol's last rows to `after` milliseconds later, as a platform writes them whose clock is wrong. */
async function copyRows(
  world: JobWorld,
  symbol: string,
  { rows, after }: { rows: number; after: number },
): Promise<void> {
  const { rows: columns } = await world.store.knex.raw<{ rows: { name: string }[] }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'rolling_chart_data'::regclass AND attnum > 0
       AND NOT attisdropped AND attname NOT IN ('timestamp', 'written_at', 'source')`,
  );
  const names = columns.map(({ name }) => name).join(', ');
  await world.store.knex.raw(
    `INSERT INTO rolling_chart_data (timestamp, source, ${names})
     SELECT timestamp + ? * interval '1 millisecond', 'BINANCE_BACKFILL', ${names} FROM rolling_chart_data
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ?`,
    [after, symbol, new Date(world.now - rows * MINUTE_MS), new Date(world.now)],
  );
}

jobGroup("rows later than the exchange's clock", (test) => {
  test('status names them, and counts them for nothing', async (world) => {
    const symbol = await listWithFuture(world, { rows: 3, after: DAY_MS });
    const { beyondClock, last, window } = await expectSummary(status(world.context, { symbols: [symbol] }));
    const first = world.now + DAY_MS - 3 * MINUTE_MS;
    assert.equal(beyondClock, { rows: 3, first, last: first + 2 * MINUTE_MS });
    assert.equal([last?.minute, window.valid], [world.now - MINUTE_MS, 600]);
    const other = world.listSymbol(10);
    assert.is((await expectSummary(status(world.context, { symbols: [other] }))).beyondClock, null);
  });

  test('check-retrain looks at the last rows up to now', async (world) => {
    const symbol = await listWithFuture(world, { rows: 500, after: DAY_MS });
    await world.store.knex.raw(`UPDATE rolling_chart_data SET source = 'BINANCE', written_at = NULL WHERE symbol = ?`, [
      symbol,
    ]);
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET source = 'BINANCE_BACKFILL', written_at = clock_timestamp() WHERE symbol = ? AND timestamp >= ?`,
      [symbol, new Date(world.now)],
    );
    const { rows, replaced, isDue, marked } = await expectSummary(
      checkRetrain(world.context, { symbols: [symbol], markTrained: true }),
    );
    assert.equal([rows, replaced, isDue], [600, 0, false]);
    assert.equal([marked?.rows, marked?.to], [600, world.now]);
  });

  test('after a training that covered them, new rows count from the time when it was recorded', async (world) => {
    const symbol = await listWithFuture(world, { rows: 3, after: DAY_MS });
    const symbols = [symbol];
    await checkRetrain(world.context, { symbols, markTrained: true });
    await world.asOwner(({ store }) =>
      store.knex.raw(`UPDATE chartctl_trainings SET to_time = '2100-01-01Z', trained_at = ? WHERE symbol = ?`, [
        new Date(world.now - 50 * MINUTE_MS),
        symbol,
      ]),
    );
    const { reasons } = await expectSummary(checkRetrain(world.context, { symbols, minNewRows: 50 }));
    const found = reasons.find(({ reason }) => reason === 'new_rows');
    assert.equal([found?.isDue, found?.value], [true, 50]);
  });

  test('a flagged one does not stop clean --repair, and is not asked for', async (world) => {
    const symbol = await listWithFuture(world, { rows: 1, after: 5 * HOUR_MS });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET hasMissingData = true WHERE symbol = ? AND timestamp >= ?`,
      [symbol, new Date(world.now - MINUTE_MS)],
    );
    world.exchange.requests.length = 0;
    const result = await clean(world.context, { symbols: [symbol], repair: true, rules: ['unsound'] });
    assert.is(result.exitCode, 0);
    const [{ summary } = {}] = result.outcomes;
    assert.equal([summary?.confirmed, summary?.openFlags], [1, 1]);
    assert.equal(summary?.beyondClock?.rows, 1);
    const asked = world.exchange.requests.filter(({ path }) => path === '/api/v3/klines');
    assert.is(asked.length, 1);
  });

  test('clean --dry-run names them; --remove-future removes them with their flags, and undo restores them', async (world) => {
    const symbol = await listWithFuture(world, { rows: 2, after: DAY_MS });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET timestamp = timestamp + interval '7.5 seconds', volume = -1 WHERE symbol = ? AND timestamp = ?`,
      [symbol, new Date(world.now + DAY_MS - MINUTE_MS)],
    );
    const symbols = [symbol];
    const before = await world.rows(symbol);
    const plan = await expectSummary(clean(world.context, { symbols, dryRun: true }));
    assert.is(plan.beyondClock?.rows, 2);
    const wish = await expectSummary(
      clean(world.context, { symbols, dryRun: true, removeFuture: true, rules: ['unsound'] }),
    );
    assert.equal([wish.removed, wish.changes.map(({ action }) => action)], [2, ['remove', 'remove']]);
    assert.equal(await world.rows(symbol), before);

    const { jobId, outcomes } = await clean(world.context, { symbols, removeFuture: true, rules: ['unsound'] });
    assert.equal([outcomes[0]?.summary?.removed, outcomes[0]?.summary?.beyondClock], [2, null]);
    assert.is((await world.rows(symbol)).length, 1000);
    await undo(world.context, { job: jobId! });
    const candles = (rows: readonly ChartRow[]) =>
      rows.map((row) => ({ ...row, indicators: undefined, isComplete: undefined }));
    assert.equal(candles(await world.rows(symbol)), candles(before), 'undo recalculates what is not a candle');
    assert.is((await expectSummary(status(world.context, { symbols }))).beyondClock?.rows, 2);
  });

  test('--remove-future changes nothing when only the local clock is known', async (world) => {
    const symbol = await listWithFuture(world, { rows: 2, after: DAY_MS });
    const market = openMarket({ binanceUrls: ['http://127.0.0.1:9'], fallbacks: [] });
    try {
      await clean({ ...world.context, market }, { symbols: [symbol], removeFuture: true });
      assert.unreachable('the local clock was trusted');
    } catch (error) {
      assert.match(String(error), /Binance gave no time/);
    }
    assert.is((await world.rows(symbol)).length, 1002);
  });

  test('--keep prunes by the newest row up to now', async (world) => {
    const symbol = await listWithFuture(world, { rows: 1, after: 3000 * DAY_MS });
    world.advanceMinutes(2 * 1440);
    const summary = await expectSummary(clean(world.context, { symbols: [symbol], keepDays: 1 }));
    assert.is(summary.pruned, 0, 'the newest window and its warm-up stay');
  });

  test('ingest goes on from the last row up to now', async (world) => {
    const symbol = await listWithFuture(world, { rows: 3, after: HOUR_MS });
    world.advanceMinutes(2);
    const { stored, olderHole } = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.equal([stored, olderHole], [2, null]);
  });

  test('they are in no set of training rows, whatever range is asked for', async (world) => {
    const symbol = await listWithFuture(world, { rows: 5, after: 900 * DAY_MS });
    const range = { from: world.now - 100 * MINUTE_MS, to: world.now + 1000 * DAY_MS };
    const opened = { store: world.store, exchange: world.context.market };
    assert.is((await loadTrainingRows(symbol, range, opened)).length, 100);
    assert.equal(await loadTrainingRows(symbol, { from: range.to - DAY_MS, to: range.to }, opened), []);
  });
});
