import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { undo } from '../../../src/jobs/undo.js';
import { verify, type VerifyOptions, type VerifySummary } from '../../../src/jobs/verify/verify.js';
import { insertBlocks } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { createCandleBlock } from '../../harness/candle-block.js';
import { readFixtureCandles, readRevisedCandles } from '../../harness/fixtures.js';
import { expectSummary, findRowAt, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';

interface Change {
  symbol: string;
  timestamp: Date;
  job_id: string;
  action: string;
  before: Record<string, unknown>;
}

/** A symbol with these candles at Binance. */
function list(world: JobWorld, candles: readonly Candle[]): string {
  const symbol = world.listSymbol(1);
  world.binance.put(symbol, candles);
  return symbol;
}

/** Rows as another program stored them: with the source BINANCE, and indicators calculated later. */
async function storeAsPlatform(world: JobWorld, symbol: string, candles: readonly Candle[]): Promise<void> {
  const indices = candles.map((_, i) => i);
  await world.store.knex.transaction((trx) =>
    insertBlocks(trx, [{ symbol, block: createCandleBlock(candles), indices }]),
  );
  await rebuild(world.context, { symbols: [symbol] });
}

function spanOf(candles: readonly Candle[]): MinuteRange {
  return { from: candles[0]!.openTime, to: candles.at(-1)!.openTime + MINUTE_MS };
}

function check(world: JobWorld, symbol: string, range: MinuteRange, options: Partial<VerifyOptions> = {}) {
  return expectSummary(verify(world.context, { symbols: [symbol], range, ...options }));
}

function found({ counts }: VerifySummary): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Generated candles of a range, replaced by the given ones where they exist. */
function among(range: MinuteRange, candles: readonly Candle[]): Candle[] {
  const given = new Map(candles.map((candle) => [candle.openTime, candle]));
  return generateCandles('BTCUSDT', range).map((candle) => given.get(candle.openTime) ?? candle);
}

jobGroup('verify on real data', (test) => {
  test('the 70 candles of April 2021 that Binance revised are reported, and replaced with --revised', async (world) => {
    const { before, after } = readRevisedCandles();
    const range = { from: Date.parse('2021-04-22T01:00Z'), to: Date.parse('2021-04-23T04:00Z') };
    const wide = { from: range.from - 400 * MINUTE_MS, to: range.to };
    const symbol = list(world, among(wide, before));
    await backfill(world.context, { symbols: [symbol], range });
    world.binance.put(symbol, after);
    const stored = await world.rows(symbol);

    const report = await check(world, symbol, range);
    assert.equal(found(report), { same: 27 * 60 - 70, revised: 70 });
    assert.equal(
      report.stretches.map((stretch) => (stretch.to - stretch.from) / MINUTE_MS),
      [16, 42, 1, 4, 7],
    );
    const largest = Math.max(...report.stretches.map((stretch) => Math.abs(stretch.closeDifferencePercent!)));
    assert.is(largest.toFixed(2), '0.61');

    assert.is((await check(world, symbol, range, { repair: true })).replaced, 0);
    assert.equal(await world.rows(symbol), stored);

    const result = await verify(world.context, { symbols: [symbol], range, repair: true, revised: true });
    assert.is((await expectSummary(Promise.resolve(result))).replaced, 70);
    const rows = await world.rows(symbol);
    for (const candle of after) {
      const { openTime, open, high, low, close, volume, source } = findRowAt(rows, candle.openTime);
      assert.equal({ openTime, open, high, low, close, volume }, candle);
      assert.is(source, 'BINANCE_BACKFILL');
    }
    assertMatchesReference(rows);
    const changes = await world.store
      .knex<Change>('chartctl_changes')
      .where({ symbol, job_id: String(result.jobId), action: 'replace' })
      .orderBy('timestamp');
    assert.equal(
      changes.map((change) => [change.timestamp.getTime(), change.before.close, change.before.volume]),
      before.map((candle) => [candle.openTime, candle.close, candle.volume]),
    );
    assert.equal(found(await check(world, symbol, range, { repair: true, revised: true })), { same: 27 * 60 });

    await undo(world.context, { job: result.jobId! });
    assert.equal(await world.rows(symbol), stored, 'and can be taken back');
  });

  test('the candle that was saved before its minute ended is partial: 1 of 1,000', async (world) => {
    const saved = readFixtureCandles('partial-last/BTCUSDT-1m-binance.csv.br');
    const { openTime, open } = saved.at(-1)!;
    const final = { openTime, open, high: 113902.34, low: 113880, close: 113902.34, volume: 1.1017 };
    const symbol = list(world, [...saved.slice(0, -1), final]);
    world.exchange.clock.set(openTime + 10 * MINUTE_MS);
    await storeAsPlatform(world, symbol, saved);
    const report = await check(world, symbol, spanOf(saved));
    assert.equal(found(report), { same: 999, partial: 1 });
    assert.is(report.stretches[0]!.volumeRatio!.toFixed(3), '0.224');
    await assertSettled(world, symbol, spanOf(saved), final);
  });

  test('another candle saved before its minute ended is partial among generated candles', async (world) => {
    const openTime = Date.parse('2025-05-27T23:57Z');
    const partial = { openTime, open: 108989.34, high: 108989.34, low: 108960, close: 108960.01, volume: 3.31634 };
    const final = { ...partial, close: 108984.25, volume: 3.84832 };
    const range = { from: openTime - 600 * MINUTE_MS, to: openTime + 60 * MINUTE_MS };
    const symbol = list(world, among(range, [final]));
    await storeAsPlatform(world, symbol, among(range, [partial]));
    assert.equal(found(await check(world, symbol, range)), { same: 659, partial: 1 });
    await assertSettled(world, symbol, range, final);
  });

  for (const { venue, stored, exchange, ratio } of [
    {
      venue: 'Binance.US',
      stored: 'fallback/BTCUSDT-1m-binance-us-2023-03-17_2023-03-21.csv.br',
      exchange: 'fallback/BTCUSDT-1m-binance-2023-03-17_2023-03-21.csv.br',
      ratio: '1/354',
    },
    {
      venue: 'bybit',
      stored: 'fallback/BTCUSDT-1m-bybit-2022-12-13.csv.br',
      exchange: 'fallback/BTCBUSD-1m-binance-2022-12-13.csv.br',
      ratio: '1/33',
    },
  ]) {
    test(`600 rows of ${venue} stored with the source BINANCE are of a wrong market, and are repaired once flagged`, async (world) => {
      const right = readFixtureCandles(exchange).slice(0, 1440);
      const isForeign = (openTime: Minute) => openTime >= right[500]!.openTime && openTime < right[1100]!.openTime;
      const symbol = list(world, right);
      const foreign = readFixtureCandles(stored).filter(({ openTime }) => isForeign(openTime));
      const own = right.filter(({ openTime }) => !isForeign(openTime));
      await storeAsPlatform(
        world,
        symbol,
        [...own, ...foreign].sort((a, b) => a.openTime - b.openTime),
      );

      const report = await check(world, symbol, spanOf(right), { flag: true });
      assert.equal(found(report), { same: 840, wrong_market: 600 });
      const [stretch, ...others] = report.stretches;
      assert.is(others.length, 0);
      assert.equal([stretch!.from, stretch!.to], [right[500]!.openTime, right[1100]!.openTime]);
      assert.ok(Math.abs(stretch!.closeOffsetBp!) < 8);
      assert.is(`1/${Math.round(1 / stretch!.volumeRatio!)}`, ratio);

      assert.is((await check(world, symbol, spanOf(right), { repair: true })).replaced, 600);
      assert.equal(found(await check(world, symbol, spanOf(right))), { same: 1440 });
      assertMatchesReference(await world.rows(symbol));
    });
  }

  test('a clean day has no difference, and verify changes nothing', async (world) => {
    const candles = readFixtureCandles('clean/BTCUSDT-1m-2025-05-20_2025-06-10.csv.br').slice(0, 1440);
    const symbol = list(world, candles);
    await storeAsPlatform(world, symbol, candles);
    const before = await world.rows(symbol);
    assert.equal(found(await check(world, symbol, spanOf(candles))), { same: 1440 });
    assert.is((await check(world, symbol, spanOf(candles), { flag: true })).flagged, 0);
    assert.equal(await world.rows(symbol), before);
  });
});

/** --repair keeps a valid row; if it is flagged first, it is replaced. */
async function assertSettled(world: JobWorld, symbol: string, range: MinuteRange, final: Candle): Promise<void> {
  assert.ok(findRowAt(await world.rows(symbol), final.openTime).isComplete);
  assert.is((await check(world, symbol, range, { repair: true })).replaced, 0);
  assert.is((await check(world, symbol, range, { flag: true })).flagged, 1);
  assert.is((await check(world, symbol, range, { repair: true })).replaced, 1);
  const rows = await world.rows(symbol);
  const { volume, close, source } = findRowAt(rows, final.openTime);
  assert.equal([volume, close, source], [final.volume, final.close, 'BINANCE_BACKFILL']);
  assertMatchesReference(rows);
  assert.equal(Object.keys(found(await check(world, symbol, range))), ['same']);
}
