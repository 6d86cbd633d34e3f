import * as assert from 'uvu/assert';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { sumMinutes } from '../../../src/core/range.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { status, type StatusOptions } from '../../../src/jobs/status/status.js';
import type { StatusSummary } from '../../../src/jobs/status/status-summary.js';
import { removeRows } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';

function statusOf(world: JobWorld, symbol: string, options: Partial<StatusOptions> = {}): Promise<StatusSummary> {
  return expectSummary(status(world.context, { symbols: [symbol], ...options }));
}

/** The contents of all tables, for comparison. */
function readDatabase({ asOwner }: JobWorld): Promise<string> {
  return asOwner(async ({ store }) => {
    const { rows } = await store.knex.raw<{ rows: { name: string }[] }>(
      `SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'chartctl_%' OR tablename = 'rolling_chart_data' ORDER BY 1`,
    );
    assert.ok(rows.length > 6, 'the tables were found');
    const contents = [];
    for (const { name } of rows) {
      const found = await store.knex.raw<{ rows: unknown[] }>(`SELECT to_jsonb(t) AS row FROM ${name} t ORDER BY 1`);
      contents.push([name, found.rows]);
    }
    return JSON.stringify(contents);
  });
}

jobGroup('status', (test) => {
  test('a symbol with a complete window is ready: last candle, age, rows by source', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    const { last, window, readiness, gaps, flags } = await statusOf(world, symbol);
    assert.equal(last, { minute: world.now - MINUTE_MS, ageSeconds: 5 });
    assert.equal([window.minutes, window.present, window.valid], [600, 600, 600]);
    assert.equal(window.bySource, { BINANCE: 1, BINANCE_BACKFILL: 599 });
    assert.equal([readiness.isReady, gaps, flags], [true, [], { rows: 0, byRule: {} }]);
  });

  test('only the time is requested, and nothing is changed or recorded', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    const before = await readDatabase(world);
    world.exchange.requests.length = 0;
    const result = await status(world.context, { symbols: 'all' });
    assert.equal([result.jobId, result.exitCode], [null, 0]);
    assert.ok(result.outcomes.some((outcome) => outcome.symbol === symbol));
    assert.equal(
      world.exchange.requests.map(({ path }) => path),
      ['/api/v3/time'],
    );
    assert.is(await readDatabase(world), before);
  });

  test('without the exchange the local clock is used, with a notice', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    world.context.market = openMarket({ binanceUrls: ['http://127.0.0.1:9'], fallbacks: [] });
    const started = performance.now();
    const result = await status(world.context, { symbols: [symbol] });
    assert.ok(performance.now() - started < 6_000, 'the exchange gets 3 s');
    assert.equal([result.exitCode, result.clock.source], [0, 'local']);
    assert.is(result.outcomes[0]?.summary?.last?.minute, world.now - MINUTE_MS);
    assert.match(world.notices.join('\n'), /using the local clock/);
  });

  test('with a gap that Binance has, too, the window is ready exactly when status predicted it', async (world) => {
    const symbol = world.listSymbol(3000);
    const gap = { from: world.now - 700 * MINUTE_MS, to: world.now - 620 * MINUTE_MS };
    world.exchange.hide(symbol, gap);
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    const { readiness, window } = await statusOf(world, symbol);
    assert.equal([window.present, window.valid, readiness.isOnlyTimeMissing], [600, 220, true]);
    assert.is(readiness.readyFrom, gap.to + 1000 * MINUTE_MS);

    world.advanceMinutes((readiness.readyFrom! - world.now) / MINUTE_MS - 1);
    await ingest(world.context, { symbols: [symbol] });
    assert.equal((await statusOf(world, symbol)).readiness.isReady, false);
    world.advanceMinutes(1);
    await ingest(world.context, { symbols: [symbol] });
    assert.equal((await statusOf(world, symbol)).readiness.isReady, true);
  });

  test('gaps are interior or trailing, requested or not', async (world) => {
    const symbol = world.listSymbol(5000);
    const gap = { from: world.now - 1500 * MINUTE_MS, to: world.now - 1490 * MINUTE_MS };
    world.exchange.hide(symbol, gap);
    await backfill(world.context, { symbols: [symbol], minutes: 2000 });
    const removed = [4, 3, 2, 1].map((minutes) => world.now - minutes * MINUTE_MS);
    await world.store.knex.transaction((trx) => removeRows(trx, symbol, [world.now - 800 * MINUTE_MS, ...removed]));
    const { gaps, last, readiness } = await statusOf(world, symbol);
    assert.equal(
      gaps.map(({ kind, cause, minutes }) => [kind, cause, minutes]),
      [
        ['interior', 'unknown', 10],
        ['interior', null, 1],
        ['trailing', null, 2], // the newest two closed 5 and 65 s ago
      ],
    );
    assert.is(last?.minute, world.now - 5 * MINUTE_MS);
    assert.equal(readiness.blockers.at(-1)?.remedy, 'ingest');
    assert.equal((await statusOf(world, symbol, { days: 1 })).gaps.length, 2, 'the first one is more than a day old');
  });

  test('a window without the newest minute is ready until 70 s after it closed', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 2000 });
    world.advanceMinutes(1);
    const before = await statusOf(world, symbol);
    assert.equal([before.readiness.isReady, before.window.to, before.gaps.length], [true, world.now - MINUTE_MS, 0]);
    const hour = before.coverage.at(-1)!;
    assert.is(hour.minutes, hour.rows, 'coverage does not lack the minute either');
    world.advanceMinutes(2);
    const late = await statusOf(world, symbol);
    assert.equal([late.readiness.isReady, late.window.to], [false, world.now - 2 * MINUTE_MS]);
    assert.equal(
      late.gaps.map(({ kind, minutes }) => [kind, minutes]),
      [['trailing', 1]],
    );
    await ingest(world.context, { symbols: [symbol] });
    const after = await statusOf(world, symbol);
    assert.equal([after.readiness.isReady, after.window.to], [true, world.now]);
  });

  test("a row without a source is Binance's", async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 600 });
    const change = `UPDATE rolling_chart_data SET source = NULL WHERE symbol = ? AND timestamp = ?`;
    await world.store.knex.raw(change, [symbol, new Date(world.now - 5 * MINUTE_MS)]);
    const { window } = await statusOf(world, symbol);
    assert.equal(window.bySource, { BINANCE: 1, BINANCE_BACKFILL: 599 });
  });

  test('coverage is by hours up to the current one; before the first row there is neither coverage nor a gap', async (world) => {
    world.advanceMinutes((HOUR_MS - (world.now % HOUR_MS)) / MINUTE_MS);
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 120 });
    world.advanceMinutes(7);
    await ingest(world.context, { symbols: [symbol] });
    const { coverage, gaps } = await statusOf(world, symbol, { days: 1 });
    assert.is(coverage.length, 24);
    assert.equal(coverage.at(-1), { from: world.now - 7 * MINUTE_MS, minutes: 7, rows: 7, valid: 7 });
    assert.equal(
      coverage.slice(-4).map(({ rows, valid }) => [rows, valid]),
      [
        [60, 0],
        [60, 60],
        [60, 60],
        [7, 7],
      ],
    );
    assert.is(coverage[0]?.rows, 0);
    assert.equal(gaps, []);
  });

  test('flags are counted by rule, including those of other SQL', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    const spike = world.now - 50 * MINUTE_MS;
    await world.store.knex.raw(`UPDATE rolling_chart_data SET volume = 1e9 WHERE symbol = ? AND timestamp = ?`, [
      symbol,
      new Date(spike),
    ]);
    await clean(world.context, { symbols: [symbol] });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET hasmissingdata = true WHERE symbol = ? AND timestamp = ?`,
      [symbol, new Date(spike + MINUTE_MS)],
    );
    const { flags, readiness } = await statusOf(world, symbol);
    assert.equal(flags, { rows: 2, byRule: { external: 1, volume_spike: 1 } });
    assert.equal(
      readiness.blockers.map(({ from, reason, remedy }) => [from, reason, remedy]),
      [
        [spike, 'flagged: volume_spike', 'clean'],
        [spike + MINUTE_MS, 'flagged: hasMissingData was set outside chartctl', 'clean'],
      ],
    );
  });

  test('a symbol without a row is not ready, and the remedy is ingest', async (world) => {
    const { last, window, readiness, gaps } = await statusOf(world, 'NEWUSDT');
    assert.equal([last, window.present, gaps], [null, 0, []]);
    assert.equal(
      readiness.blockers.map(({ minutes, reason, remedy }) => [minutes, reason, remedy]),
      [[600, 'missing', 'ingest']],
    );
  });
});

jobGroup('status of the month with 143 duplicates', (test) => {
  test('lists its 143 missing minutes as two gaps', async (world) => {
    world.binance.put('BTCUSDT', readFixtureCandles('duplicates-2019-11/BTCUSDT-1m-binance.csv.br'));
    world.now = Date.parse('2019-11-14T00:00Z');
    world.exchange.clock.set(world.now + 5_000);
    await backfill(world.context, { symbols: ['BTCUSDT'], minutes: 1440 });
    const { gaps } = await statusOf(world, 'BTCUSDT');
    assert.is(sumMinutes(gaps), 143);
    assert.equal(
      gaps.map(({ minutes, kind }) => [minutes, kind]),
      [
        [140, 'interior'],
        [3, 'interior'],
      ],
    );
  });
});
