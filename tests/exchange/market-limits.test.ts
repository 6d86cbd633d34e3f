import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { fault } from '../loopback/faults.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';

const FROM = Date.UTC(2025, 5, 1);
const RANGE = { from: FROM, to: FROM + 5 * MINUTE_MS };
const NOW = FROM + 600 * MINUTE_MS;
const SOURCE = generatedSource(['BTCUSDT']);

async function withExchange(body: (exchange: Loopback) => Promise<void>, enforceWeight?: number): Promise<void> {
  const exchange = await startLoopback({ binance: SOURCE, nowMs: NOW, ...(enforceWeight ? { enforceWeight } : {}) });
  try {
    await body(exchange);
  } finally {
    await exchange.close();
  }
}

group('market: rate limits', (test) => {
  test('Retry-After is waited for, by the other requests too', () =>
    withExchange(async (exchange) => {
      exchange.faults.next(fault.tooMany(1));
      const market = openMarket(exchange.config);
      const from = performance.now();
      const first = market.fetchCandles('BTCUSDT', RANGE);
      while (exchange.requests.length === 0) await sleep(10);
      await sleep(200);
      const arrivedBefore = exchange.requests.length;
      const second = market.fetchCandles('BTCUSDT', RANGE);
      await Promise.all([first, second]);
      const ms = performance.now() - from;
      assert.equal([arrivedBefore, exchange.requests.length], [1, 3]);
      assert.ok(ms >= 990 && ms < 3000, `took ${ms} ms`);
    }));

  test('Retry-After as a date is waited for', () =>
    withExchange(async (exchange) => {
      exchange.faults.next(fault.tooMany(new Date(NOW + 1000).toUTCString()));
      const from = performance.now();
      await openMarket(exchange.config).fetchCandles('BTCUSDT', RANGE);
      assert.ok(performance.now() - from >= 990);
    }));

  test('a longer Retry-After than the call may wait fails at once and names the wait', () =>
    withExchange(async (exchange) => {
      exchange.faults.always(fault.tooMany(30));
      const market = openMarket(exchange.config, { maxWaitMs: 5_000 });
      const failure = await expectFailure(market.fetchCandles('BTCUSDT', RANGE));
      assert.equal([failure.kind, failure.code, failure.retryAfterMs], ['temporary', 'RATE_LIMITED', 30_000]);
      assert.match(failure.message, /answered 429.*wait 30 s/);
      assert.is(exchange.requests.length, 1);
    }));

  test('a deadline bounds the wait as well', () =>
    withExchange(async (exchange) => {
      exchange.faults.always(fault.tooMany(3));
      const failure = await expectFailure(
        openMarket(exchange.config).fetchCandles('BTCUSDT', RANGE, { deadlineMs: 2_000 }),
      );
      assert.is(failure.code, 'RATE_LIMITED');
    }));

  test('429 without Retry-After waits for the next minute of the server', () =>
    withExchange(async (exchange) => {
      exchange.clock.set(NOW + 15_000);
      exchange.faults.always(fault.tooMany());
      const failure = await expectFailure(openMarket(exchange.config, { maxWaitMs: 0 }).fetchCandles('BTCUSDT', RANGE));
      assert.ok(failure.retryAfterMs! > 44_000 && failure.retryAfterMs! <= 45_000, String(failure.retryAfterMs));
    }));

  test('503 with Retry-After is waited for', () =>
    withExchange(async (exchange) => {
      exchange.faults.next({ status: 503, headers: { 'retry-after': '1' }, body: 'busy' });
      const from = performance.now();
      await openMarket(exchange.config).fetchCandles('BTCUSDT', RANGE);
      assert.ok(performance.now() - from >= 990);
    }));

  test('after a ban no request of any kind is sent', () =>
    withExchange(async (exchange) => {
      exchange.faults.next(fault.banned({ untilMs: NOW + 120_000 }));
      const market = openMarket(exchange.config);
      const failure = await expectFailure(market.fetchCandles('BTCUSDT', RANGE));
      assert.equal([failure.kind, failure.code, failure.retryAfterMs], ['temporary', 'BANNED', 120_000]);
      const again = await expectFailure(market.fetchCandles('BTCUSDT', RANGE));
      assert.equal([again.code, again.message], ['BANNED', failure.message]);
      assert.ok(again.retryAfterMs! > 118_000 && again.retryAfterMs! <= 120_000);
      assert.is((await expectFailure(market.getSymbolStatus('BTCUSDT'))).code, 'BANNED');
      assert.is((await market.readClock()).source, 'local');
      assert.is(exchange.requests.length, 1);
    }));

  test('requests in the queue when the ban comes are not sent', () =>
    withExchange(async (exchange) => {
      exchange.faults.always({ ...fault.banned({ retryAfterSeconds: 60 }), delayMs: 50 });
      const market = openMarket(exchange.config, { concurrency: 2 });
      const failures = await Promise.all(
        Array.from({ length: 10 }, () => expectFailure(market.fetchCandles('BTCUSDT', RANGE))),
      );
      assert.ok(failures.every(({ code }) => code === 'BANNED'));
      assert.ok(exchange.requests.length <= 2, `${exchange.requests.length} were sent`);
    }));

  test('with four in flight the weight of a minute is never exceeded, and the rest follows in the next one', () =>
    withExchange(async (exchange) => {
      exchange.clock.set(NOW + 55_000);
      exchange.clock.run();
      const notices: string[] = [];
      const market = openMarket(exchange.config, { onNotice: (message) => notices.push(message) });
      await market.getSymbolStatus('BTCUSDT');
      const pages = await Promise.all(Array.from({ length: 40 }, () => market.fetchCandles('BTCUSDT', RANGE)));
      assert.ok(pages.every((candles) => candles.length === 5));
      assert.ok(
        exchange.requests.every(({ status }) => status === 200),
        'nothing was refused',
      );
      const spent = new Map<number, number>();
      for (const { atMs, weight } of exchange.requests) {
        const minute = Math.floor(atMs / MINUTE_MS);
        spent.set(minute, (spent.get(minute) ?? 0) + weight);
      }
      assert.ok(
        [...spent.values()].every((weight) => weight <= 60),
        [...spent.values()].join(),
      );
      assert.is(exchange.requests.length, 41);
      assert.ok(
        notices.some((notice) => /is spent; waiting \d s/.test(notice)),
        notices.join(),
      );
    }, 60));

  test('a budget that is spent for longer than the call may wait is a RATE_LIMITED failure', () =>
    withExchange(async (exchange) => {
      const market = openMarket(exchange.config, { maxWaitMs: 1_000 });
      await market.getSymbolStatus('BTCUSDT');
      await market.fetchCandles('BTCUSDT', RANGE);
      const failure = await expectFailure(market.fetchCandles('BTCUSDT', RANGE));
      assert.is(failure.code, 'RATE_LIMITED');
      assert.ok(failure.retryAfterMs! > 50_000);
      assert.is(exchange.requests.length, 2);
    }, 22));

  test('the limit is read once, when much weight is spent', () =>
    withExchange(async (exchange) => {
      const market = openMarket(exchange.config);
      for (let i = 0; i < 120; i += 1) await market.fetchCandles('BTCUSDT', RANGE);
      const asked = exchange.requests.map(({ path }) => path.includes('exchangeInfo'));
      assert.equal([asked.filter(Boolean).length, asked.indexOf(true)], [1, 100]);
    }));
});
