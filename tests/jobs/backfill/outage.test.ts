import * as assert from 'uvu/assert';
import type { KnownGap } from '../../../src/core/known-gap.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { findGapsIn } from '../../../src/tables/gaps.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';

const DAY_MINUTES = 1440;
const ALL_TIME = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };

function asked(world: JobWorld, path = 'klines'): number {
  return world.exchange.requests.filter((request) => request.exchange === 'binance' && request.path.endsWith(path))
    .length;
}

function gapsOf(world: JobWorld, symbol: string): Promise<KnownGap[]> {
  return findGapsIn(world.store.knex, symbol, ALL_TIME);
}

/** A range given in minutes before the end of the newest closed minute. */
function ago(world: JobWorld, from: number, to: number): MinuteRange {
  return { from: world.now - from * MINUTE_MS, to: world.now - to * MINUTE_MS };
}

jobGroup('the outage of 2023-03-24', (test) => {
  const names = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'];
  const symbols = names.map((name) => `${name}USDT`);
  const range = { from: Date.parse('2023-03-24T06:00Z'), to: Date.parse('2023-03-25T00:00Z') };
  const outage = { from: Date.parse('2023-03-24T12:40Z'), to: Date.parse('2023-03-24T14:00Z') };

  test('is recorded for five symbols with its cause and its halted minutes, and requested again after the delay', async (world) => {
    for (const symbol of symbols)
      world.binance.put(symbol, readFixtureCandles(`outage-2023-03-24/${symbol}-1m-binance.csv.br`));
    world.now = Date.parse('2023-03-25T12:00Z');
    world.exchange.clock.set(world.now + 5_000);

    const first = await backfill(world.context, { symbols, range });
    assert.is(first.exitCode, 0);
    assert.is(first.outcomes.length, 5);
    for (const { symbol, summary } of first.outcomes) {
      assert.equal(summary?.absent, [{ ...outage, cause: 'exchange outage', haltedMinutes: 72 }], symbol);
      assert.is(summary?.stillMissing, 0);
      assert.is(summary?.rows, 18 * 60 - 80);
      assertMatchesReference(await world.rows(symbol));
    }
    assert.is(asked(world, 'exchangeInfo'), 0, 'it is no trailing gap');

    const asks = async () => {
      world.exchange.requests.length = 0;
      const again = await backfill(world.context, { symbols, range });
      assert.is(again.exitCode, 0);
      return asked(world);
    };
    assert.is(await asks(), 0, 'a second backfill');
    world.advanceMinutes(DAY_MINUTES);
    assert.is(await asks(), symbols.length, 'a day later: once for each symbol');
    assert.is(await asks(), 0, 'and not again');
    const gaps = await Promise.all(symbols.map((symbol) => gapsOf(world, symbol)));
    assert.equal(
      gaps.map(([gap]) => [gap?.cause, gap?.haltedMinutes, gap?.askedCount]),
      symbols.map(() => ['exchange outage', 72, 2]),
    );
  });
});

jobGroup('gaps and their causes', (test) => {
  test('a gap becomes an outage when a later job finds it in another symbol, a minute later or earlier', async (world) => {
    const symbols = [world.listSymbol(3000), world.listSymbol(3000)] as const;
    world.exchange.hide(symbols[0], ago(world, 60, 40));
    world.exchange.hide(symbols[1], ago(world, 59, 41));
    const earlier = await expectSummary(backfill(world.context, { symbols: [symbols[0]] }));
    assert.is(earlier.absent[0]?.cause, 'unknown');
    await backfill(world.context, { symbols: [symbols[1]] });
    const causes = await Promise.all(symbols.map((symbol) => gapsOf(world, symbol)));
    assert.equal(
      causes.map((gaps) => gaps.map(({ cause }) => cause)),
      [['exchange outage'], ['exchange outage']],
    );
  });

  test('gaps that overlap but start at different times are not an outage', async (world) => {
    const symbols = [world.listSymbol(3000), world.listSymbol(3000)] as const;
    world.exchange.hide(symbols[0], ago(world, 100, 70));
    world.exchange.hide(symbols[1], ago(world, 90, 70));
    const result = await backfill(world.context, { symbols });
    assert.equal(
      result.outcomes.map(({ summary }) => summary?.absent[0]?.cause),
      ['unknown', 'unknown'],
    );
  });

  test('flat candles without volume up to a gap that no other symbol has are a halt, and are counted', async (world) => {
    const symbol = world.listSymbol(3000);
    const halt = ago(world, 200, 180);
    const price = world.binance.get(symbol, halt.from - MINUTE_MS)!.close;
    const flat = world.binance
      .candles(symbol, halt)
      .map(({ openTime }) => ({ openTime, open: price, high: price, low: price, close: price, volume: 0 }));
    world.binance.put(symbol, flat);
    world.exchange.hide(symbol, { from: halt.to, to: halt.to + 10 * MINUTE_MS });
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 300 }));
    assert.equal(
      summary.absent.map(({ cause, haltedMinutes }) => [cause, haltedMinutes]),
      [['halted', 20]],
    );
  });

  test('the status of a symbol that ends is requested once; the cause is halted if Binance does not trade it', async (world) => {
    const symbol = world.listSymbol(3000);
    world.exchange.hide(symbol, { from: world.now - 31 * MINUTE_MS, to: ALL_TIME.to });
    const status = (body: { symbols: { status: string }[] }) => ({
      ...body,
      symbols: body.symbols.map((entry) => ({ ...entry, status: 'BREAK' })),
    });
    world.exchange.faults.always({ change: status }, { path: 'exchangeInfo' });
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol] }));
    assert.is(summary.absent.at(-1)?.cause, 'halted');
    assert.is(asked(world, 'exchangeInfo'), 1);
    world.advanceMinutes(20);
    await backfill(world.context, { symbols: [symbol] });
    assert.is(asked(world, 'exchangeInfo'), 1, 'what is known stays known');
    assert.is((await gapsOf(world, symbol)).length, 1);
  });

  test('the cause is unknown for a symbol that ends although Binance trades it, or if the request fails', async (world) => {
    const symbols = [world.listSymbol(3000), world.listSymbol(3000)] as const;
    world.exchange.hide(symbols[0], { from: world.now - 32 * MINUTE_MS, to: ALL_TIME.to });
    const trading = await expectSummary(backfill(world.context, { symbols: [symbols[0]] }));
    assert.equal([trading.absent.at(-1)?.cause, asked(world, 'exchangeInfo')], ['unknown', 1]);
    world.exchange.hide(symbols[1], { from: world.now - 40 * MINUTE_MS, to: ALL_TIME.to });
    world.exchange.faults.always({ status: 403, body: 'no' }, { path: 'exchangeInfo' });
    const silent = await backfill(world.context, { symbols: [symbols[1]] });
    assert.is(silent.outcomes[0]?.summary?.absent.at(-1)?.cause, 'unknown');
    assert.match(world.notices.join('\n'), /the reason for missing newer candles is unknown/);
  });

  test('no status is requested for symbols that end together: that is an outage', async (world) => {
    const symbols = [world.listSymbol(3000), world.listSymbol(3000), world.listSymbol(3000)];
    for (const symbol of symbols) world.exchange.hide(symbol, { from: world.now - 80 * MINUTE_MS, to: ALL_TIME.to });
    const result = await backfill(world.context, { symbols });
    for (const { summary } of result.outcomes) assert.is(summary?.absent.at(-1)?.cause, 'exchange outage');
    assert.is(asked(world, 'exchangeInfo'), 0);
  });

  test('a continuing outage is one gap, and its first minutes are requested after their own hour', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol] });
    world.advanceMinutes(30);
    world.exchange.hide(symbol, { from: world.now - 30 * MINUTE_MS, to: ALL_TIME.to });
    const from = world.now - 30 * MINUTE_MS;
    const began = world.exchange.clock.now();
    for (let i = 0; i < 5; i += 1) {
      await backfill(world.context, { symbols: [symbol] });
      const gaps = await gapsOf(world, symbol);
      assert.is(gaps.length, 1);
      const { from: first, to, askedCount, askAgainAt } = gaps[0]!;
      assert.equal([first, to, askedCount], [from, world.now - 5 * MINUTE_MS, 1]);
      assert.is(askAgainAt, began + 60 * MINUTE_MS);
      world.advanceMinutes(10);
    }
    world.advanceMinutes(15);
    await backfill(world.context, { symbols: [symbol] });
    assert.equal(
      (await gapsOf(world, symbol)).map(({ askedCount }) => askedCount),
      [2],
    );
  });

  test('new symbols that start together are not listed yet: no outage', async (world) => {
    const symbols = [world.listSymbol(300), world.listSymbol(300)];
    const result = await backfill(world.context, { symbols, minutes: 600 });
    for (const { summary } of result.outcomes) assert.is(summary?.absent[0]?.cause, 'not listed yet');
  });

  test('a symbol with older candles at Binance is listed, though the table has none', async (world) => {
    const symbol = world.listSymbol(4000);
    world.exchange.hide(symbol, ago(world, 2500, 110));
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol] }));
    assert.equal(
      summary.absent.map(({ cause }) => cause),
      ['unknown'],
    );
  });
});
