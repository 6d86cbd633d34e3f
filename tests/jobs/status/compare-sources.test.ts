import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import type { SourcesReport } from '../../../src/jobs/status/compare-sources.js';
import { status } from '../../../src/jobs/status/status.js';
import { compareVenues } from '../../../src/quality/compare-venues.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { fault } from '../../loopback/faults.js';

const BINANCE = readFixtureCandles('fallback/BTCUSDT-1m-binance-2023-03-17_2023-03-21.csv.br');
const BINANCE_US = readFixtureCandles('fallback/BTCUSDT-1m-binance-us-2023-03-17_2023-03-21.csv.br');

async function compareSources(world: JobWorld, symbol: string): Promise<SourcesReport> {
  const { sources } = await expectSummary(status(world.context, { symbols: [symbol], sources: true }));
  if (!sources) throw new Error('the sources were not compared');
  return sources;
}

function multiplyPrices({ openTime, open, high, low, close, volume }: Candle, factor: number): Candle {
  const [first, top, bottom, last] = [open, high, low, close].map((price) => price * factor) as [
    number,
    number,
    number,
    number,
  ];
  return { openTime, open: first, high: top, low: bottom, close: last, volume };
}

function klinesAsked(world: JobWorld): number {
  return world.exchange.requests.filter(({ path }) => path === '/api/v3/klines').length;
}

group('two real exchanges', (test) => {
  test('over four days Binance.US differs from Binance by 2 bp, at most 23 bp, with about 1/400 of its volume', () => {
    const found = compareVenues(BINANCE, BINANCE_US)!;
    process.stdout.write(`two venues: ${JSON.stringify(found)}\n`);
    assert.is(found.minutes, 5760);
    assert.equal([found.medianBp.toFixed(1), found.maxBp.toFixed(1)], ['2.1', '22.5']);
    assert.ok(Math.abs(1 / found.volumeRatio! - 400) < 20, `the ratio was 1/${1 / found.volumeRatio!}`);
  });
});

jobGroup('status --sources', (test) => {
  const symbol = 'BTCUSDT';
  const candles = { binance: BINANCE, us: BINANCE_US };
  const prepare = (world: JobWorld) => {
    world.binance.put(symbol, candles.binance);
    world.bybit.put(symbol, candles.us);
    world.now = candles.us[3000]!.openTime;
    world.exchange.clock.set(world.now + 5_000);
  };

  test('the last 100 minutes of a fallback exchange are compared with the stored rows', async (world) => {
    prepare(world);
    await ingest(world.context, { symbols: [symbol] });
    world.exchange.requests.length = 0;
    const { venues, stored } = await compareSources(world, symbol);
    assert.is(klinesAsked(world), 0, 'what is stored is not asked for');
    assert.is(venues.length, 1);
    const { exchange, comparison, problem, distrust } = venues[0]!;
    assert.equal([exchange, problem, distrust, comparison?.minutes], ['bybit', null, null, 100]);
    process.stdout.write(`the last 100 minutes: ${JSON.stringify(comparison)}\n`);
    assert.ok(comparison!.medianBp > 0 && comparison!.medianBp < 8);
    assert.ok(comparison!.volumeRatio! < 1 / 50 && comparison!.volumeRatio! > 1 / 5000);
    assert.equal(stored, { rows: 0, asked: 0, comparison: null, replaceable: null, otherMarket: [] });
  });

  test('without stored rows one request goes to Binance', async (world) => {
    world.binance.put('ETHUSDT', candles.binance);
    world.bybit.put('ETHUSDT', candles.us);
    const { venues } = await compareSources(world, 'ETHUSDT');
    assert.equal([venues[0]?.comparison?.minutes, klinesAsked(world)], [100, 1]);
  });

  test("stored fallback rows are compared with Binance's candles", async (world) => {
    world.binance.put('ADAUSDT', candles.binance);
    world.bybit.put('ADAUSDT', candles.us);
    const gap = { from: world.now - 200 * MINUTE_MS, to: world.now - 140 * MINUTE_MS };
    world.exchange.hide('ADAUSDT', gap);
    await backfill(world.context, { symbols: ['ADAUSDT'], minutes: 300, fillGaps: true });
    const absent = await compareSources(world, 'ADAUSDT');
    assert.equal(absent.stored, { rows: 60, asked: 60, comparison: null, replaceable: null, otherMarket: [] });
    world.exchange.reveal();
    world.exchange.requests.length = 0;
    const { stored } = await compareSources(world, 'ADAUSDT');
    assert.equal([stored.rows, stored.comparison?.minutes, klinesAsked(world)], [60, 60, 1]);
    assert.ok(stored.comparison!.medianBp < 8);
    assert.equal([stored.replaceable, stored.otherMarket], [gap, []]);
  });

  test('an exchange that has another coin of this ticker is not trusted, and rows of another market are named', async (world) => {
    const other = candles.us.map((candle) => multiplyPrices(candle, 113));
    world.binance.put('NEIROUSDT', candles.binance);
    world.bybit.put('NEIROUSDT', other);
    await backfill(world.context, { symbols: ['NEIROUSDT'], minutes: 300 });
    const at = world.now - 150 * MINUTE_MS;
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET source = 'FALLBACK', open = open * 113, high = high * 113, low = low * 113, close = close * 113
       WHERE symbol = 'NEIROUSDT' AND timestamp = ?`,
      [new Date(at)],
    );
    const { venues, stored } = await compareSources(world, 'NEIROUSDT');
    assert.match(venues[0]?.distrust ?? '', /^its price is 113 times Binance's/);
    assert.equal([stored.otherMarket, stored.replaceable], [[at], { from: at, to: at + MINUTE_MS }]);
  });

  test('an exchange that does not answer or does not know the symbol is reported with the problem', async (world) => {
    prepare(world);
    const unknown = await compareSources(world, 'NONEUSDT');
    assert.match(unknown.venues[0]?.problem ?? '', /^bybit: Bybit answered 10001/);
    world.exchange.faults.always(fault.forbidden(), { exchange: 'bybit' });
    const { venues } = await compareSources(world, symbol);
    assert.is(venues[0]?.comparison, null);
    assert.match(venues[0]?.problem ?? '', /^bybit: .* 403/);
  });

  test('if Binance cannot be reached, stored rows are used', async (world) => {
    prepare(world);
    await ingest(world.context, { symbols: [symbol] });
    world.exchange.faults.always(fault.restricted(), { exchange: 'binance', path: 'klines' });
    const { venues } = await compareSources(world, symbol);
    assert.is(venues[0]?.comparison?.minutes, 100);
  });

  test('only the configured exchanges get requests', async (world) => {
    world.context.market = openMarket({ ...world.exchange.config, fallbacks: [] });
    assert.equal((await compareSources(world, symbol)).venues, []);
    try {
      await world.context.market.fetchFallbackFrom('okx', symbol, { from: 0, to: MINUTE_MS });
      assert.unreachable('it was asked');
    } catch (error) {
      assert.match(String(error), /okx is not among the fallback exchanges/);
    }
  });
});
