import * as assert from 'uvu/assert';
import { type Candle, isSound } from '../../../src/core/candle.js';
import { Failure } from '../../../src/core/failure.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { expectJobFailure, expectSummary, findRowAt, jobGroup, reviseCandle } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';
import { fault } from '../../loopback/faults.js';

jobGroup('ingest', (test) => {
  test('a new symbol gets its warm-up and its whole window at once', async (world) => {
    const symbol = world.listSymbol(1500);
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    const rows = await world.rows(symbol);
    assert.is(summary.stored, 1000);
    assert.is(rows.length, 1000);
    assert.is(rows.filter((row) => row.isComplete).length, 600);
    assert.equal(summary.bySource, { BINANCE: 1, BINANCE_BACKFILL: 999 });
    assertMatchesReference(rows);
  });

  test('an open candle is never stored', async (world) => {
    const symbol = world.listSymbol(500);
    for (const second of [0, 1, 30, 59]) {
      world.exchange.clock.set(world.now + second * 1000);
      await ingest(world.context, { symbols: [symbol] });
      assert.is((await world.rows(symbol)).at(-1)!.openTime, world.now - MINUTE_MS, `at second ${second}`);
    }
  });

  test('a second ingest in the same minute changes nothing and requests no candle', async (world) => {
    const symbol = world.listSymbol(500);
    await ingest(world.context, { symbols: [symbol] });
    const before = await world.rows(symbol);
    world.exchange.requests.length = 0;
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.is(summary.stored, 0);
    assert.ok(summary.isComplete);
    assert.equal(await world.rows(symbol), before);
    assert.is(world.exchange.requests.filter((request) => request.path.endsWith('klines')).length, 0);
  });

  test('the newest minute is BINANCE, older missing minutes are BINANCE_BACKFILL', async (world) => {
    const symbol = world.listSymbol(500);
    await ingest(world.context, { symbols: [symbol] });
    world.advanceMinutes(4);
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.equal(summary.bySource, { BINANCE: 1, BINANCE_BACKFILL: 3 });
    const rows = await world.rows(symbol);
    assert.equal(
      rows.slice(-5).map((row) => row.source),
      ['BINANCE', 'BINANCE_BACKFILL', 'BINANCE_BACKFILL', 'BINANCE_BACKFILL', 'BINANCE'],
    );
    assertMatchesReference(rows);
  });

  test('if Binance fails, the newest minute comes from the fallback with base volume; older ones are left to backfill', async (world) => {
    const symbol = world.listSymbol(700);
    await ingest(world.context, { symbols: [symbol] });
    world.advanceMinutes(3);
    const newest = world.now - MINUTE_MS;
    const wanted = world.binance.get(symbol, newest)!;
    world.bybit.put(symbol, world.binance.candles(symbol, { from: newest - 50 * MINUTE_MS, to: world.now }));
    world.exchange.faults.always(fault.restricted(), { exchange: 'binance', path: 'klines' });
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.is(summary.fallback, 'bybit');
    assert.equal(summary.bySource, { FALLBACK: 1 });
    const row = findRowAt(await world.rows(symbol), newest);
    assert.is(row.source, 'FALLBACK');
    assert.ok(Math.abs(row.volume! - wanted.volume) <= 1e-9 * wanted.volume, 'volume in base units');
    assert.is((await world.rows(symbol)).length, 701);
  });

  test('once Binance has not answered for one symbol, the others come from the fallback without waiting for it', async (world) => {
    const symbols = [world.listSymbol(50), world.listSymbol(50), world.listSymbol(50)];
    await ingest(world.context, { symbols });
    world.advanceMinutes(1);
    for (const symbol of symbols) {
      world.bybit.put(symbol, world.binance.candles(symbol, { from: world.now - 50 * MINUTE_MS, to: world.now }));
    }
    let requests = 0;
    const fetchCandles = () => {
      requests += 1;
      return Promise.reject(new Failure('temporary', 'no response within 10 s', { code: 'UNREACHABLE' }));
    };
    world.context.market = { ...world.context.market, concurrency: 1, fetchCandles };
    const { outcomes } = await ingest(world.context, { symbols });
    assert.equal(
      outcomes.map(({ summary }) => summary?.fallback),
      symbols.map(() => 'bybit'),
    );
    assert.is(requests, 1);
  });

  test('a newest minute that Binance does not publish comes from the fallback, so that the run is not interrupted', async (world) => {
    const symbol = world.listSymbol(700);
    await ingest(world.context, { symbols: [symbol] });
    world.advanceMinutes(1);
    const newest = world.now - MINUTE_MS;
    world.bybit.put(symbol, world.binance.candles(symbol, { from: newest - 50 * MINUTE_MS, to: world.now }));
    world.exchange.hide(symbol, { from: newest, to: world.now });
    const started = Date.now();
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.ok(Date.now() - started < 10_000, 'it does not wait longer than 10 s');
    assert.is(summary.fallback, 'bybit');
    assert.ok(summary.isComplete);
    assertMatchesReference(await world.rows(symbol));
  });

  test('a fallback never replaces a row of Binance', async (world) => {
    const symbol = world.listSymbol(700);
    await ingest(world.context, { symbols: [symbol] });
    const before = await world.rows(symbol);
    const sound = before.slice(-5).filter((row): row is ChartRow & Candle => isSound(row));
    world.bybit.put(symbol, sound.map(reviseCandle));
    world.exchange.faults.always(fault.restricted(), { exchange: 'binance', path: 'klines' });
    await ingest(world.context, { symbols: [symbol] });
    assert.equal(await world.rows(symbol), before);
  });

  test('a gap too old for one request is reported with the backfill command that fills it', async (world) => {
    const symbol = world.listSymbol(700);
    await ingest(world.context, { symbols: [symbol] });
    world.advanceMinutes(1200);
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.is(summary.stored, 1000);
    assert.equal(summary.olderHole, {
      from: world.now - 1200 * MINUTE_MS,
      to: world.now - 1000 * MINUTE_MS,
    });
    assert.match(world.notices.join('\n'), new RegExp(`chartctl backfill ${symbol} --from .* --to `));
  });

  test('an unknown symbol fails, and the others are ingested', async (world) => {
    const symbol = world.listSymbol(500);
    const result = await ingest(world.context, { symbols: ['NOSUCHUSDT', symbol] });
    assert.is(result.exitCode, 3);
    assert.is(result.outcomes.find((outcome) => outcome.symbol === 'NOSUCHUSDT')?.failure?.code, 'UNKNOWN_SYMBOL');
    assert.is((await world.rows(symbol)).length, 500);
    assert.is((await ingest(world.context, { symbols: ['NOSUCHUSDT'] })).exitCode, 1);
  });

  test('--at ingests one minute of the past with its warm-up, and rejects one that has not closed', async (world) => {
    const symbol = world.listSymbol(1500);
    const at = world.now - 700 * MINUTE_MS;
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol], at }));
    assert.is(summary.minute, at);
    assert.is(summary.stored, 401);
    const row = findRowAt(await world.rows(symbol), at);
    assert.ok(row.isComplete);
    assert.is(row.source, 'BINANCE_BACKFILL');
    try {
      await ingest(world.context, { symbols: [symbol], at: world.now });
      assert.unreachable('a minute that has not closed was accepted');
    } catch (error) {
      assert.match(String(error), /has not closed yet/);
    }
  });

  test('with a ban and no fallback the exit code is 75, and the next run sends no request', async (world) => {
    const symbol = world.listSymbol(500);
    world.exchange.faults.next(fault.banned({ retryAfterSeconds: 60 }), { exchange: 'binance', path: 'klines' });
    assert.is((await expectJobFailure(ingest(world.context, { symbols: [symbol] }))).kind, 'temporary');
    world.exchange.requests.length = 0;
    assert.is((await ingest(world.context, { symbols: [symbol] })).exitCode, 75);
    assert.is(
      world.exchange.requests.filter((request) => request.exchange === 'binance' && request.path.endsWith('klines'))
        .length,
      0,
    );
    await world.asOwner(({ store }) => store.knex('chartctl_throttle').delete());
  });
});
