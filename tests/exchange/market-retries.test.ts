import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { fault, type Fault } from '../loopback/faults.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';

const FROM = Date.UTC(2025, 5, 1);
const RANGE = { from: FROM, to: FROM + 5 * MINUTE_MS };
const CANDLES = generateCandles('BTCUSDT', RANGE);

const OPTIONS = { binance: memorySource({ BTCUSDT: CANDLES, ETHUSDT: CANDLES }), nowMs: FROM + 10 * MINUTE_MS };

const { random } = Math;

interface Context {
  exchange: Loopback;
  slow: Awaited<ReturnType<typeof startSlowCalls>>;
}

/**
 * With the shortest backoff, which is 125, 250, 500, 1,000 and then always 2,000 ms, this many attempts begin within the
 * 9 s that are allowed for them. Delays of the machine make them fewer, never more.
 */
const MAX_ATTEMPTS = 8;

/** The calls that take up to 10 s, all at once, beside the other tests. */
async function startSlowCalls() {
  const exchange = await startLoopback(OPTIONS);
  exchange.faults.always(
    { change: (body: unknown[][]) => body.map((kline) => kline.with(4, '1')) },
    { symbol: 'BTCUSDT' },
  );
  exchange.faults.always(fault.drip(20), { symbol: 'ETHUSDT' });
  const fail = async (binanceUrl: string, symbol = 'BTCUSDT') => {
    const market = openMarket({ binanceUrls: [binanceUrl], fallbacks: [] });
    const failure = await expectFailure(market.fetchCandles(symbol, RANGE));
    return { failure, attempts: market.usage().requests };
  };
  return {
    invalid: fail(exchange.url),
    dripping: fail(exchange.url, 'ETHUSDT'),
    refused: fail(`http://127.0.0.1:${await closedPort()}`),
    unknown: fail('http://no-such-host.invalid'),
    close: () => exchange.close(),
  };
}

/** A port of 127.0.0.1 that refuses connections. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function requireAttempts(attempts: number): void {
  assert.ok(attempts > 1 && attempts <= MAX_ATTEMPTS, `${attempts} attempts`);
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const from = performance.now();
  return { result: await work, ms: performance.now() - from };
}

group<Context>(
  'market: retries and deadlines',
  (test) => {
    const transient: [string, Fault][] = [
      ['a 500', fault.serverError(500)],
      ['a 503', fault.serverError(503)],
      ['-1001', fault.disconnected()],
      ['a reset connection', fault.reset()],
      ['a body that is cut off', fault.cut()],
      ['HTML with status 200', fault.html()],
      [
        'a kline with a negative volume',
        { change: (body: unknown[][]) => body.map((k, i) => (i ? k : k.with(5, '-1'))) },
      ],
      ['klines out of order', { change: (body: unknown[]) => [...body].reverse() }],
    ];
    for (const [what, transientFault] of transient) {
      test(`${what} is temporary: the same request is sent again`, async ({ exchange }) => {
        exchange.requests.length = 0;
        exchange.faults.next(transientFault, {}, 2);
        const market = openMarket(exchange.config);
        assert.equal(await market.fetchCandles('BTCUSDT', RANGE), CANDLES);
        assert.equal([exchange.requests.length, market.usage().weight], [3, 6]);
      });
    }

    test('pauses grow', async ({ exchange }) => {
      exchange.requests.length = 0;
      exchange.faults.next(fault.serverError(), {}, 3);
      const { ms } = await timed(openMarket(exchange.config).fetchCandles('BTCUSDT', RANGE));
      assert.is(exchange.requests.length, 4);
      assert.ok(ms > 850, `took ${ms} ms`);
    });

    test('repeated invalid responses end in a BAD_ANSWER that names the first fault and its value', async ({
      slow,
    }) => {
      const { failure, attempts } = await slow.invalid;
      assert.equal([failure.kind, failure.code], ['temporary', 'BAD_ANSWER']);
      assert.match(failure.message, /kline 0 \(2025-06-01T00:00Z\): low was .* close 1 /);
      requireAttempts(attempts);
    });

    test('a host that refuses is given up within 10 s', async ({ slow }) => {
      const { failure, attempts } = await slow.refused;
      assert.equal([failure.kind, failure.code], ['temporary', 'UNREACHABLE']);
      assert.match(failure.message, /^127\.0\.0\.1:\d+ refused the connection$/);
      requireAttempts(attempts);
    });

    test('a host that cannot be found is given up within 10 s', async ({ slow }) => {
      const { failure, attempts } = await slow.unknown;
      assert.is(failure.code, 'UNREACHABLE');
      assert.match(failure.message, /no-such-host\.invalid (was not found|could not be looked up)/);
      requireAttempts(attempts);
    });

    test('a server that sends byte by byte is given up after 10 s if no deadline is given', async ({ slow }) => {
      const { failure, attempts } = await slow.dripping;
      assert.match(failure.message, /did not answer in full within 10 s/);
      assert.is(attempts, 1, 'there is no time for another attempt');
    });

    test('a server that sends byte by byte is given up at the deadline of the call', async ({ exchange }) => {
      exchange.faults.always(fault.drip(20));
      const { result, ms } = await timed(
        expectFailure(openMarket(exchange.config).fetchCandles('BTCUSDT', RANGE, { deadlineMs: 500 })),
      );
      exchange.faults.clear();
      assert.equal([result.kind, result.code], ['temporary', 'UNREACHABLE']);
      assert.ok(ms >= 490, `took ${ms} ms`);
    });

    test('a clock that does not answer within 3 s gives way to the local one', async ({ exchange }) => {
      exchange.faults.always(fault.slow(4_000), { path: 'time' });
      const { result, ms } = await timed(openMarket(exchange.config).readClock());
      exchange.faults.clear();
      assert.equal([result.source, result.skewMs], ['local', null]);
      assert.ok(Math.abs(result.nowMs - Date.now()) < 1000);
      assert.ok(ms > 2_900, `took ${ms} ms`);
    });

    test('an invalid server time gives way to the local clock', async ({ exchange }) => {
      exchange.faults.always({ body: { serverTime: 'noon' } }, { path: 'time' });
      const clock = await openMarket(exchange.config).readClock();
      exchange.faults.clear();
      assert.is(clock.source, 'local');
    });

    test('an abort ends a request at once, with its own reason', async ({ exchange }) => {
      exchange.faults.always(fault.slow(5_000));
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Failure('terminated', 'asked to end')), 100);
      const { kind } = await expectFailure(
        openMarket(exchange.config).fetchCandles('BTCUSDT', RANGE, { signal: stop.signal }),
      );
      exchange.faults.clear();
      assert.is(kind, 'terminated');
      assert.ok(exchange.unanswered() > 0, 'it waited for the answer');
    });

    test('an abort ends the pause between attempts, and the clock too', async ({ exchange }) => {
      exchange.faults.always(fault.serverError());
      const market = openMarket(exchange.config);
      const stop = new AbortController();
      const works = [market.fetchCandles('BTCUSDT', RANGE, { signal: stop.signal }), market.readClock(stop.signal)];
      let sentBefore = 0;
      setTimeout(() => {
        sentBefore = exchange.requests.length;
        stop.abort();
      }, 1200);
      const failures = await Promise.all(works.map((work) => expectFailure(work)));
      exchange.faults.clear();
      assert.equal(
        failures.map(({ kind }) => kind),
        ['interrupted', 'interrupted'],
      );
      assert.is(exchange.requests.length, sentBefore, 'a request was sent after the abort');
    });

    test('an aborted signal sends nothing', async ({ exchange }) => {
      exchange.requests.length = 0;
      const market = openMarket(exchange.config);
      const failure = await expectFailure(market.fetchCandles('BTCUSDT', RANGE, { signal: AbortSignal.abort() }));
      assert.equal([failure.kind, exchange.requests.length], ['interrupted', 0]);
    });

    test('never more than four requests are in flight', async ({ exchange }) => {
      let [inFlight, most] = [0, 0];
      exchange.faults.always({
        delayMs: 30,
        change: (body: unknown) => body,
      });
      const market = openMarket(exchange.config);
      const seen = setInterval(() => {
        inFlight = market.usage().requests - settled;
        most = Math.max(most, inFlight);
      }, 2);
      let settled = 0;
      const works = Array.from({ length: 12 }, () =>
        market.fetchCandles('BTCUSDT', RANGE).finally(() => (settled += 1)),
      );
      const all = await Promise.all(works);
      clearInterval(seen);
      exchange.faults.clear();
      assert.ok(all.every((candles) => candles.length === 5));
      assert.ok(most >= 2 && most <= 4, `${most} were in flight`);
    });
  },
  {
    setup: async () => {
      Math.random = () => 0; // no jitter: always the shortest backoff
      return { exchange: await startLoopback(OPTIONS), slow: await startSlowCalls() };
    },
    teardown: async ({ exchange, slow }) => {
      Math.random = random;
      await Promise.all([exchange.close(), slow.close()]);
    },
  },
);
