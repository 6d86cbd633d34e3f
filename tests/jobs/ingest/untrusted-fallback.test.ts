import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { expectJobFailure, expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { fault } from '../../loopback/faults.js';

/** Another coin with this ticker at the fallback exchange: 113 times the price. */
function putOtherCoin(world: JobWorld, symbol: string): void {
  const candles = [...world.binance.candles(symbol, world.binance.extent(symbol))];
  world.bybit.put(
    symbol,
    candles.map((candle) => multiplyPrices(candle, 113)),
  );
}

function multiplyPrices({ openTime, open, high, low, close, volume }: Candle, factor: number): Candle {
  const [first, top, bottom, last] = [open, high, low, close].map((price) => price * factor) as Prices;
  return { openTime, open: first, high: top, low: bottom, close: last, volume };
}

type Prices = [number, number, number, number];

function bybitRequests(world: JobWorld): number {
  return world.exchange.requests.filter(({ exchange }) => exchange === 'bybit').length;
}

/** Runs a job while Binance refuses this location. */
async function withoutBinance<T>(world: JobWorld, work: () => Promise<T>): Promise<T> {
  world.exchange.faults.always(fault.restricted(), { exchange: 'binance', path: 'klines' });
  try {
    return await work();
  } finally {
    world.exchange.faults.clear();
    world.context.market = openMarket(world.exchange.config); // the other one has given up this host
  }
}

jobGroup('another coin of the same ticker at a fallback exchange', (test) => {
  test('is not stored when Binance fails; the failure says how far its price is off', async (world) => {
    const symbol = world.listSymbol(1100);
    await ingest(world.context, { symbols: [symbol] });
    putOtherCoin(world, symbol);
    world.advanceMinutes(1);
    const before = await world.rows(symbol);
    const { message } = await withoutBinance(world, () =>
      expectJobFailure(ingest(world.context, { symbols: [symbol] })),
    );
    assert.match(
      message,
      /; no fallback exchange can be used for \w+: bybit: not trusted: its price is 113 times Binance's/,
    );
    assert.equal(await world.rows(symbol), before);
    const summary = await expectSummary(ingest(world.context, { symbols: [symbol] }));
    assert.equal(summary.bySource, { BINANCE: 1 }, 'the next run stores the candle of Binance');
  });

  test('is not stored when Binance has not published the minute: exit 3 and a notice', async (world) => {
    const symbol = world.listSymbol(700);
    await ingest(world.context, { symbols: [symbol] });
    putOtherCoin(world, symbol);
    world.advanceMinutes(1);
    world.exchange.hide(symbol, { from: world.now - MINUTE_MS, to: world.now });
    const result = await ingest(world.context, { symbols: [symbol] });
    world.exchange.reveal();
    assert.is(result.exitCode, 3);
    assert.equal([result.outcomes[0]?.summary?.fallback, result.outcomes[0]?.summary?.stored], [null, 0]);
    assert.match(
      world.notices.at(-1)!,
      /Binance has no candle for .* yet; no fallback .* its price is 113 times Binance's/,
    );
  });

  test('is not stored by backfill --fill-gaps: the gap stays, with a notice', async (world) => {
    const symbol = world.listSymbol(3000);
    const gap = { from: world.now - 60 * MINUTE_MS, to: world.now - 40 * MINUTE_MS };
    putOtherCoin(world, symbol);
    world.exchange.hide(symbol, gap);
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], fillGaps: true }));
    world.exchange.reveal();
    assert.equal([summary.fromFallback, summary.rows], [0, 100]);
    assert.match(world.notices.at(-1)!, /\(20 min\) stays missing: .*not trusted: its price is 113 times Binance's/);
  });

  test('and any other one is not asked when no candle of Binance is stored within 12 hours', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    world.bybit.put(symbol, world.binance.candles(symbol, world.binance.extent(symbol)));
    world.advanceMinutes(720);
    world.exchange.requests.length = 0;
    const found = await withoutBinance(world, () => expectSummary(ingest(world.context, { symbols: [symbol] })));
    assert.equal([found.fallback, bybitRequests(world)], ['bybit', 2], 'the wanted minute, and those to compare');
    world.advanceMinutes(2);
    world.exchange.requests.length = 0;
    const failure = await withoutBinance(world, () => expectJobFailure(ingest(world.context, { symbols: [symbol] })));
    assert.match(failure.message, /no candle of Binance's within 12 h of .* to compare with/);
    assert.is(bybitRequests(world), 0);
  });

  test('is not compared with rows of a fallback exchange, nor with rows later than the clock', async (world) => {
    const symbol = world.listSymbol(700);
    await ingest(world.context, { symbols: [symbol] });
    world.bybit.put(symbol, world.binance.candles(symbol, world.binance.extent(symbol)));
    await world.store.knex.raw(`UPDATE rolling_chart_data SET source = 'FALLBACK' WHERE symbol = ?`, [symbol]);
    await world.store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
       SELECT symbol, timestamp + interval '11 hours', open, high, low, close, volume FROM rolling_chart_data
       WHERE symbol = ? AND timestamp > ?`,
      [symbol, new Date(world.now - 300 * MINUTE_MS)],
    );
    world.advanceMinutes(1);
    const { message } = await withoutBinance(world, () =>
      expectJobFailure(ingest(world.context, { symbols: [symbol] })),
    );
    assert.match(message, /no candle of Binance's within 12 h/);
  });
});
