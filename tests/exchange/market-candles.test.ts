import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';

const FROM = Date.UTC(2025, 5, 1);
const CANDLES = generateCandles('BTCUSDT', { from: FROM, to: FROM + 1200 * MINUTE_MS });
const NOW = FROM + 1100 * MINUTE_MS + 30_000;
const minute = (n: number) => FROM + n * MINUTE_MS;

group<Loopback>(
  'market: candles of Binance',
  (test) => {
    test('a range of 1,000 minutes is one request, and exact to the last digit', async (exchange) => {
      exchange.requests.length = 0;
      const market = openMarket(exchange.config);
      const candles = await market.fetchCandles('BTCUSDT', { from: minute(100), to: minute(1100) });
      assert.equal(candles, CANDLES.slice(100, 1100));
      assert.equal(market.usage(), { requests: 1, weight: 2 });
      const [{ startTime, endTime }] = exchange.requests as [Loopback['requests'][number]];
      assert.equal([startTime, endTime], [minute(100), minute(1100) - 1]);
    });

    test('the open candle is dropped, even when it is requested', async (exchange) => {
      const candles = await openMarket(exchange.config).fetchCandles('BTCUSDT', {
        from: minute(1095),
        to: minute(1105),
      });
      assert.equal(
        candles.map(({ openTime }) => openTime),
        [1095, 1096, 1097, 1098, 1099].map(minute),
      );
    });

    test('a candle passes from the first instant after its minute', async (exchange) => {
      exchange.clock.set(minute(1101));
      const candles = await openMarket(exchange.config).fetchCandles('BTCUSDT', {
        from: minute(1100),
        to: minute(1102),
      });
      exchange.clock.set(NOW);
      assert.equal(candles, [CANDLES[1100]]);
    });

    test('minutes that Binance does not have are absent, not an error', async (exchange) => {
      exchange.hide('BTCUSDT', { from: minute(10), to: minute(20) });
      const market = openMarket(exchange.config);
      assert.is((await market.fetchCandles('BTCUSDT', { from: minute(5), to: minute(25) })).length, 10);
      assert.equal(await market.fetchCandles('BTCUSDT', { from: minute(10), to: minute(20) }), []);
      exchange.reveal();
    });

    test('an empty range sends no request, and one above 1,000 minutes is an error of the caller', async (exchange) => {
      const market = openMarket(exchange.config);
      assert.equal(await market.fetchCandles('BTCUSDT', { from: minute(5), to: minute(5) }), []);
      assert.equal(market.usage(), { requests: 0, weight: 0 });
      await market.fetchCandles('BTCUSDT', { from: minute(0), to: minute(1001) }).then(
        () => assert.unreachable(),
        (error: unknown) => assert.instance(error, RangeError),
      );
    });

    test('a symbol that Binance does not know is named, and not requested again', async (exchange) => {
      exchange.requests.length = 0;
      const market = openMarket(exchange.config);
      const failure = await expectFailure(market.fetchCandles('NOPEUSDT', { from: minute(0), to: minute(1) }));
      assert.equal([failure.kind, failure.code, exchange.requests.length], ['failed', 'UNKNOWN_SYMBOL', 1]);
      assert.match(failure.message, /"NOPEUSDT"/);
      assert.is((await expectFailure(market.getSymbolStatus('NOPEUSDT'))).code, 'UNKNOWN_SYMBOL');
      const lookalike = await expectFailure(market.getSymbolStatus('ВTCUSDT'));
      assert.match(lookalike.hint ?? '', 'such as BTCUSDT (this one has В U+0412); if Binance');
    });

    test("the symbol's status is Binance's", async (exchange) => {
      assert.is(await openMarket(exchange.config).getSymbolStatus('BTCUSDT'), 'TRADING');
    });

    test("the clock is Binance's, with the local clock's skew", async (exchange) => {
      exchange.clock.set(Date.now() - 5_000);
      exchange.clock.run();
      const clock = await openMarket(exchange.config).readClock();
      exchange.clock.freeze();
      exchange.clock.set(NOW);
      assert.is(clock.source, 'exchange');
      assert.ok(Math.abs(clock.skewMs! - 5_000) < 500, `the skew was ${clock.skewMs}`);
    });

    test('a few requests do not read the rate limits', async (exchange) => {
      exchange.requests.length = 0;
      const market = openMarket(exchange.config);
      for (let i = 0; i < 5; i += 1) await market.fetchCandles('BTCUSDT', { from: minute(0), to: minute(10) });
      assert.equal(market.usage(), { requests: 5, weight: 10 });
      assert.not.ok(exchange.requests.some(({ path }) => path.includes('exchangeInfo')));
    });
  },
  {
    setup: () => startLoopback({ binance: memorySource({ BTCUSDT: CANDLES }), nowMs: NOW }),
    teardown: (exchange) => exchange.close(),
  },
);
