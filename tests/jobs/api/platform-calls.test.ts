import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import {
  backfill,
  calculateIndicators,
  cleanAndFlagAnomalies,
  Failure,
  ingestMinute,
  loadTrainingRows,
  migrate,
  normalizeFallbackVolume,
  type Opened,
  openStore,
  rebuildIndicators,
} from '../../../src/index.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { findRowAt, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { memorySource } from '../../loopback/memory-source.js';
import { startLoopback } from '../../loopback/start-loopback.js';

function opened({ store, context }: JobWorld): Opened {
  return { store, exchange: context.market };
}

jobGroup("the package's functions", (test) => {
  test('ingestMinute stores the newest closed minute, complete, and leaves the given store open', async (world) => {
    const symbol = world.listSymbol(1500);
    const summary = await ingestMinute(symbol.toLowerCase(), opened(world));
    assert.equal([summary.minute, summary.isComplete], [world.now - MINUTE_MS, true]);
    assert.is((await world.rows(symbol)).length, 1000);
  });

  test('backfill accepts a Date, a number or a text as time; the range is half-open', async (world) => {
    const symbol = world.listSymbol(3000);
    const [from, to] = [world.now - 100 * MINUTE_MS, world.now - 40 * MINUTE_MS];
    const late = new Date(from - 1).toISOString();
    for (const [start, end] of [
      [new Date(from), new Date(to)],
      [from - 59_999, to - 59_999],
      [late, new Date(to).toISOString().replace('Z', '+00:00')],
    ] as const) {
      const summary = await backfill(symbol, start, end, opened(world));
      assert.equal(summary.range, { from, to });
      assert.equal([summary.valid, summary.stillMissing], [60, 0]);
    }
    assert.is((await world.rows(symbol)).length, 460);
  });

  test('cleanAndFlagAnomalies flags a volume spike once', async (world) => {
    const symbol = world.listSymbol(1200);
    const minute = world.now - 50 * MINUTE_MS;
    world.binance.put(symbol, [{ ...world.binance.get(symbol, minute)!, volume: 1e7 }]);
    await backfill(symbol, world.now - 600 * MINUTE_MS, world.now, opened(world));
    assert.is((await cleanAndFlagAnomalies(symbol, opened(world))).spikes, 1);
    assert.ok(findRowAt(await world.rows(symbol), minute).hasMissingData);
    assert.is((await cleanAndFlagAnomalies(symbol, opened(world))).spikes, 0);
    const rows = await loadTrainingRows(symbol, undefined, opened(world));
    assert.is(rows.length, 599);
    assert.not(rows.some(({ timestamp }) => timestamp === minute));
  });

  test('rebuildIndicators recalculates the rows that the given minutes affect, and none before them', async (world) => {
    const symbol = world.listSymbol(2000);
    await backfill(symbol, world.now - 1500 * MINUTE_MS, world.now, opened(world));
    const before = await world.rows(symbol);
    const [early, late] = [1200, 100].map((minutes) => world.now - minutes * MINUTE_MS);
    await world.store
      .knex('rolling_chart_data')
      .where({ symbol })
      .whereIn('timestamp', [new Date(early!), new Date(late!)])
      .update({ rsi: 1, macd: null });
    const summary = await rebuildIndicators(symbol, [new Date(late! + 30_000)], opened(world));
    assert.equal([summary.rows, summary.rewritten], [100, 1]);
    assert.is(findRowAt(await world.rows(symbol), early!).indicators.rsi, 1);
    await rebuildIndicators(symbol, [early!, late!], opened(world));
    assert.equal(await world.rows(symbol), before);
    assert.is((await rebuildIndicators(symbol, [], opened(world))).rows, 0);
  });

  test('loadTrainingRows returns the valid rows of a range in order, or the window', async (world) => {
    const symbol = world.listSymbol(2000);
    await ingestMinute(symbol, opened(world));
    const window = await loadTrainingRows(symbol, undefined, opened(world));
    assert.equal(
      window.map(({ timestamp }) => timestamp),
      Array.from({ length: 600 }, (_, i) => world.now - (600 - i) * MINUTE_MS),
    );
    const stored = findRowAt(await world.rows(symbol), world.now - MINUTE_MS);
    const { indicators, close, source } = stored;
    assert.equal(window.at(-1), {
      symbol,
      timestamp: world.now - MINUTE_MS,
      ...{ open: stored.open, high: stored.high, low: stored.low, close, volume: stored.volume },
      ...indicators,
      source,
    });
    const from = new Date(world.now - 10 * MINUTE_MS);
    assert.is((await loadTrainingRows(symbol, { from, to: world.now - 4 * MINUTE_MS }, opened(world))).length, 6);
    // the first 400 rows are the warm-up
    assert.is((await loadTrainingRows(symbol, { from: 0, to: world.now }, opened(world))).length, 600);
  });

  test('a stored row has the values of calculateIndicators for its candles', async (world) => {
    const symbol = world.listSymbol(1500);
    await ingestMinute(symbol, opened(world));
    const rows = await world.rows(symbol);
    assert.equal(calculateIndicators(rows as ((typeof rows)[number] & Candle)[]).at(-1), rows.at(-1)!.indicators);
  });

  test('failures are thrown as Failure; an aborted call throws the reason', async (world) => {
    const symbol = world.listSymbol(1500);
    const stop = new AbortController();
    stop.abort(new Failure('terminated', 'the service is going down'));
    const { now } = world;
    await assertFails(ingestMinute('NOSUCHUSDT', opened(world)), /NOSUCHUSDT/, 1);
    await assertFails(ingestMinute('no such', opened(world)), /symbol "no such" was not understood/, 2);
    await assertFails(backfill(symbol, now, now - 1, opened(world)), /no minute opens in the range/, 2);
    await assertFails(backfill(symbol, '2025-06-01T12:00', now, opened(world)), /has no offset/, 2);
    await assertFails(backfill(symbol, NaN, now, opened(world)), /the time was NaN/, 2);
    await assertFails(backfill(symbol, now, now + MINUTE_MS, opened(world)), /has not closed yet/, 2);
    await assertFails(
      ingestMinute(symbol, { ...opened(world), signal: stop.signal }),
      /the service is going down/,
      143,
    );
    assert.is((await world.rows(symbol)).length, 0);
  });
});

for (const backend of databases()) {
  group(`the package's functions without an open store, on ${backend.name}`, (test) => {
    test('a call opens the store of its config and closes it', async () => {
      const now = Date.parse('2025-06-01T12:00:00Z');
      const candles = generateCandles('BTCUSDT', { from: now - 1000 * MINUTE_MS, to: now });
      const exchange = await startLoopback({ binance: memorySource({ BTCUSDT: candles }), nowMs: now + 5_000 });
      const database = await backend.create();
      const config = { database: database.config, exchange: exchange.config };
      if (backend.name === 'PostgreSQL') {
        await assertFails(ingestMinute('BTCUSDT', { config }), /was never migrated/, 2);
        const store = await openStore(database.config);
        await migrate(store);
        await store.close();
      }
      assert.is((await ingestMinute('BTCUSDT', { config })).stored, 1000);
      assert.is((await loadTrainingRows('BTCUSDT', undefined, { config })).length, 600);
      await exchange.close();
      await database.drop();
    });
  });
}

group('the pure functions of the package', (test) => {
  test('normalizeFallbackVolume returns base units', () => {
    assert.is(normalizeFallbackVolume({ quoteVolume: 600, high: 110, low: 90, close: 100 }), 6);
  });
});

async function assertFails(call: Promise<unknown>, message: RegExp, exitCode: number): Promise<void> {
  try {
    await call;
  } catch (error) {
    assert.instance(error, Failure);
    assert.match((error as Failure).message, message);
    assert.is((error as Failure).exitCode, exitCode);
    return;
  }
  assert.unreachable(`the call went well, expected ${message.source}`);
}
