import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';

const NOW = Date.UTC(2025, 5, 1, 12);
const RANGE = { from: NOW - 5 * MINUTE_MS, to: NOW };
const DAY_MS = 86_400_000;
const at = (timeMs: number) => ({ headers: { date: new Date(timeMs).toUTCString() } });

group<Loopback>(
  'market: clocks that jump',
  (test) => {
    test('a server time that disagrees with its date header is requested again', async (exchange) => {
      exchange.faults.clear();
      for (const byMs of [-365 * DAY_MS, -90_000, 90_000, 365 * DAY_MS, 36_500 * DAY_MS]) {
        exchange.faults.next({ change: (body: { serverTime: number }) => ({ serverTime: body.serverTime + byMs }) });
        const { nowMs, source } = await openMarket(exchange.config).readClock();
        assert.equal([nowMs, source], [NOW + 5_000, 'exchange']);
      }
    });

    test('when it keeps disagreeing, the local clock is used and the reason is given', async (exchange) => {
      exchange.faults.clear();
      exchange.faults.always(at(NOW - DAY_MS), { path: 'time' });
      const { source, problem } = await openMarket(exchange.config).readClock();
      assert.is(source, 'local');
      assert.match(problem ?? '', /server time was 2025-06-01T12:00:05.000Z in a response dated 2025-05-31T12:00:00/);
    });

    test('a response dated before its minutes does not make them missing', async (exchange) => {
      exchange.faults.clear();
      exchange.faults.next(at(NOW - DAY_MS));
      assert.is((await openMarket(exchange.config).fetchCandles('BTCUSDT', RANGE)).length, 5);
    });

    test('a response about minutes before its date may be some minutes old, as from a cache', async (exchange) => {
      exchange.faults.clear();
      const market = openMarket(exchange.config);
      await market.readClock();
      exchange.faults.always(at(NOW - 10 * MINUTE_MS), { path: 'klines' });
      const range = { from: NOW - 65 * MINUTE_MS, to: NOW - 56 * MINUTE_MS };
      assert.is((await market.fetchCandles('BTCUSDT', range)).length, 9);
    });

    test('minutes far after the date of the response are refused', async (exchange) => {
      exchange.faults.clear();
      const future = { from: NOW + 60 * MINUTE_MS, to: NOW + 65 * MINUTE_MS };
      const failure = await expectFailure(openMarket(exchange.config).fetchCandles('BTCUSDT', future));
      assert.equal([failure.kind, failure.code], ['temporary', 'BAD_ANSWER']);
      assert.match(
        failure.message,
        /2025-06-01T12:00:05Z was about 2025-06-01T13:00Z\.\..*one of the two clocks is wrong/,
      );
    });

    test('the newest minutes may be a little after the date: they are absent', async (exchange) => {
      exchange.faults.clear();
      const range = { from: NOW - MINUTE_MS, to: NOW + 2 * MINUTE_MS };
      assert.is((await openMarket(exchange.config).fetchCandles('BTCUSDT', range)).length, 1);
    });

    test('after the server time is known, a slightly old date does not cut off minutes', async (exchange) => {
      exchange.faults.clear();
      const range = { from: NOW - 65 * MINUTE_MS, to: NOW - 56 * MINUTE_MS };
      const market = openMarket(exchange.config);
      await market.readClock();
      exchange.faults.next(at(NOW - 60 * MINUTE_MS));
      assert.is((await market.fetchCandles('BTCUSDT', range)).length, 9);
      exchange.faults.next(at(NOW - 60 * MINUTE_MS));
      assert.is((await market.fetchFallback('BTCUSDT', range)).candles.length, 9);
    });

    test("a fallback exchange's response dated before its minutes is requested again, too", async (exchange) => {
      exchange.faults.clear();
      exchange.faults.next(at(NOW - DAY_MS));
      assert.is((await openMarket(exchange.config).fetchFallback('BTCUSDT', RANGE)).candles.length, 5);
    });
  },
  {
    setup: () => {
      const source = generatedSource(['BTCUSDT']);
      return startLoopback({ binance: source, fallbacks: { coinbase: source }, nowMs: NOW + 5_000 });
    },
    teardown: (exchange) => exchange.close(),
  },
);
