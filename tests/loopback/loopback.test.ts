import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { group } from '../harness/group.js';
import { fault } from './faults.js';
import { memorySource } from './memory-source.js';
import { type Loopback, startLoopback } from './start-loopback.js';

const FROM = Date.UTC(2025, 5, 1);
const NOW = FROM + 2000 * MINUTE_MS + 30_000;
const CANDLES = generateCandles('BTCUSDT', { from: FROM, to: FROM + 3000 * MINUTE_MS });
type Kline = [number, ...(string | number)[]];

async function get(exchange: Loopback, path: string): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(`${exchange.url}${path}`);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function klines(exchange: Loopback, query: string): Promise<Kline[]> {
  return (await get(exchange, `/api/v3/klines?symbol=BTCUSDT&interval=1m${query}`)).body as Kline[];
}

group<Loopback>(
  'loopback exchange',
  (test) => {
    test('without a range the newest 500 candles are returned, the last one still open', async (exchange) => {
      const served = await klines(exchange, '');
      assert.is(served.length, 500);
      assert.is(served.at(-1)![0], FROM + 2000 * MINUTE_MS);
      const whole = CANDLES[2000]!;
      assert.is(Number(served.at(-1)![5]), Number((whole.volume / 2).toFixed(8)));
      assert.is(Number(served.at(-2)![5]), CANDLES[1999]!.volume);
    });

    test('with a start the oldest candles from there are returned, at most 1,000', async (exchange) => {
      const served = await klines(exchange, `&startTime=${FROM}&limit=5000`);
      assert.is(served.length, 1000);
      assert.is(served[0]![0], FROM);
      assert.is(served[0]!.length, 12);
    });

    test('a page after a hole starts later than requested', async (exchange) => {
      exchange.hide('BTCUSDT', { from: FROM, to: FROM + 1500 * MINUTE_MS });
      const served = await klines(exchange, `&startTime=${FROM}&limit=3`);
      exchange.reveal();
      assert.is(served[0]![0], FROM + 1500 * MINUTE_MS);
    });

    test('an unknown symbol is refused with -1121', async (exchange) => {
      const { status, body } = await get(exchange, '/api/v3/klines?symbol=NOPE&interval=1m');
      assert.is(status, 400);
      assert.equal(body, { code: -1121, msg: 'Invalid symbol.' });
    });

    test('the used weight is counted per minute of the exchange clock', async (exchange) => {
      exchange.clock.advance(MINUTE_MS);
      await get(exchange, '/api/v3/time');
      const { headers } = await get(exchange, '/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1');
      assert.is(headers.get('x-mbx-used-weight-1m'), '3');
      exchange.clock.set(NOW);
    });

    test('late publication withholds the newest closed minute', async (exchange) => {
      exchange.publishLate(40_000);
      const served = await klines(exchange, '');
      exchange.reveal();
      assert.is(served.at(-1)![0], FROM + 1998 * MINUTE_MS);
    });

    test('a fault applies once to the request that it names', async (exchange) => {
      exchange.faults.next(fault.serverError(502), { path: 'klines' });
      assert.is((await get(exchange, '/api/v3/time')).status, 200);
      assert.is((await get(exchange, '/api/v3/klines?symbol=BTCUSDT&interval=1m')).status, 502);
      assert.is((await get(exchange, '/api/v3/klines?symbol=BTCUSDT&interval=1m')).status, 200);
    });

    test('requests are logged', async (exchange) => {
      exchange.requests.length = 0;
      await klines(exchange, `&startTime=${FROM}&endTime=${FROM + 59_999}`);
      assert.equal(exchange.requests, [
        {
          exchange: 'binance',
          path: '/api/v3/klines',
          symbol: 'BTCUSDT',
          startTime: FROM,
          endTime: FROM + 59_999,
          weight: 2,
          atMs: NOW,
          status: 200,
        },
      ]);
    });

    test('each fallback exchange returns its own prices', async (exchange) => {
      const { body } = await get(exchange, '/bybit/v5/market/kline?category=spot&symbol=BTCUSDT&interval=1&limit=2');
      const { list } = (body as { result: { list: string[][] } }).result;
      assert.is(list.length, 2);
      assert.is(Number(list[1]![4]), CANDLES[1999]!.close + 1);
    });
  },
  {
    setup: () =>
      startLoopback({
        binance: memorySource({ BTCUSDT: CANDLES }),
        fallbacks: {
          bybit: memorySource({
            BTCUSDT: CANDLES.map((candle) => ({ ...candle, high: candle.high + 1, close: candle.close + 1 })),
          }),
        },
        nowMs: NOW,
      }),
    teardown: (exchange) => exchange.close(),
  },
);
