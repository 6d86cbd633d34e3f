import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { FALLBACK_NAMES, type FallbackName } from '../../../src/exchange/fallbacks/fallbacks.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { readFixtureCandles } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';
import { fault } from '../../loopback/faults.js';
import { memorySource } from '../../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';

const FROM = Date.UTC(2025, 5, 1);
const minute = (n: number) => FROM + n * MINUTE_MS;
const NOW = minute(2000) + 30_000;
const CANDLES = generateCandles('BTCUSDT', { from: FROM, to: minute(2100) });
const DOGE = generateCandles('DOGEUSDT', { from: minute(1900), to: minute(2100) });
const NEWEST = { from: minute(1999), to: minute(2000) };

function shifted(by: number): Candle[] {
  return CANDLES.map((candle) => ({ ...candle, high: candle.high + by, close: candle.close + by }));
}

/** The same exchange, seen with only these fallbacks. */
function only(exchange: Loopback, ...names: FallbackName[]) {
  return openMarket({ ...exchange.config, fallbacks: names.map((name) => ({ name, url: `${exchange.url}/${name}` })) });
}

group<Loopback>(
  'market: fallback exchanges',
  (test) => {
    for (const [i, name] of FALLBACK_NAMES.entries()) {
      test(`${name} gives the newest closed minute, and not the open one`, async (exchange) => {
        const found = await only(exchange, name).fetchFallback('BTCUSDT', { from: minute(1998), to: minute(2001) });
        assert.equal(found, { exchange: name, candles: shifted(i + 1).slice(1998, 2000), distrusted: [] });
      });

      test(`${name} gives ${name === 'kraken' ? 'its newest 719' : '1,000'} minutes, page by page, in base units`, async (exchange) => {
        const { candles } = await only(exchange, name).fetchFallback('BTCUSDT', {
          from: minute(1000),
          to: minute(2000),
        });
        const first = name === 'kraken' ? 1281 : 1000;
        assert.equal(candles, shifted(i + 1).slice(first, 2000));
      });

      test(`${name} knows DOGEUSDT too`, async (exchange) => {
        const { candles } = await only(exchange, name).fetchFallback('DOGEUSDT', {
          from: minute(1990),
          to: minute(2000),
        });
        assert.equal(candles, DOGE.slice(90, 100));
      });

      test(`${name} does not know NOPEUSDT, and the failure names it`, async (exchange) => {
        const failure = await expectFailure(only(exchange, name).fetchFallback('NOPEUSDT', NEWEST));
        assert.equal([failure.kind, failure.code], ['failed', 'NO_FALLBACK']);
        assert.match(
          failure.message,
          new RegExp(`no fallback exchange has NOPEUSDT: ${name}: .*(not support|exist|Unknown|NotFound)`, 'i'),
        );
      });
    }

    test('they are tried in order, and the first that has a candle is used', async (exchange) => {
      exchange.requests.length = 0;
      exchange.faults.always(fault.serverError(), { exchange: 'bybit' });
      exchange.faults.always({ body: { code: '0', msg: '', data: [] } }, { exchange: 'okx' });
      const { exchange: name, candles } = await openMarket(exchange.config).fetchFallback('BTCUSDT', NEWEST);
      exchange.faults.clear();
      assert.equal([name, candles.length], ['kraken', 1]);
      assert.equal([...new Set(exchange.requests.map((request) => request.exchange))], ['bybit', 'okx', 'kraken']);
    });

    test('when none has it, every reason is named and the failure is temporary', async (exchange) => {
      exchange.faults.always(fault.serverError(500), { exchange: 'bybit' });
      exchange.faults.always(fault.restricted(), { exchange: 'okx' });
      exchange.faults.always({ body: { error: ['EQuery:Unknown asset pair'] } }, { exchange: 'kraken' });
      exchange.faults.always(fault.empty(), { exchange: 'coinbase' });
      const failure = await expectFailure(openMarket(exchange.config).fetchFallback('BTCUSDT', NEWEST));
      exchange.faults.clear();
      assert.equal([failure.kind, failure.code], ['temporary', 'NO_FALLBACK']);
      assert.match(
        failure.message,
        /bybit: .*500.*; okx: .*451.*; kraken: .*Unknown asset pair.*; coinbase: no closed candle/,
      );
    });

    test('one that does not pass the check gives way to the next; minutes to compare are fetched with the wanted ones', async (exchange) => {
      exchange.requests.length = 0;
      const seen: number[] = [];
      const check = {
        compared: { from: minute(1900), to: minute(1999) },
        findProblem: (candles: readonly Candle[]) => (seen.push(candles.length) === 1 ? 'it is another coin' : null),
      };
      const range = { from: minute(1999), to: minute(2000) };
      const found = await openMarket(exchange.config).fetchFallback('BTCUSDT', range, { check });
      assert.equal([found.exchange, found.candles.length], ['okx', 1]);
      assert.equal(found.distrusted, ['bybit: not trusted: it is another coin']);
      assert.equal(seen, [100, 100]);
      assert.is(exchange.requests.length, 2, 'one request for each exchange');
      const failure = await expectFailure(
        only(exchange, 'kraken').fetchFallback('BTCUSDT', range, {
          check: { ...check, findProblem: () => 'it is another coin' },
        }),
      );
      assert.equal([failure.kind, failure.code], ['failed', 'NO_FALLBACK']);
      assert.is(
        failure.message,
        'no fallback exchange can be used for BTCUSDT: kraken: not trusted: it is another coin',
      );
    });

    test('one that drips gives way to the next within the time allowed', async (exchange) => {
      exchange.faults.always(fault.drip(20), { exchange: 'bybit' });
      const from = performance.now();
      const { exchange: name } = await openMarket(exchange.config).fetchFallback('BTCUSDT', NEWEST, {
        deadlineMs: 8_000,
      });
      exchange.faults.clear();
      assert.is(name, 'okx');
      assert.ok(performance.now() - from < 5_000);
    });

    test('none configured is a failure of its own', async (exchange) => {
      const failure = await expectFailure(only(exchange).fetchFallback('BTCUSDT', NEWEST));
      assert.match(failure.message, /none is configured/);
    });

    test('a quote asset that is not known is not asked for', async (exchange) => {
      exchange.requests.length = 0;
      const failure = await expectFailure(openMarket(exchange.config).fetchFallback('BTCXYZ', NEWEST));
      assert.equal([failure.code, exchange.requests.length], ['UNKNOWN_QUOTE', 0]);
    });

    test('USDT is never swapped for USD or USDC: an answer for another pair is refused', async (exchange) => {
      exchange.faults.always(
        {
          change: ({ result, ...rest }: { result: object }) => ({ ...rest, result: { ...result, symbol: 'BTCUSDC' } }),
        },
        { exchange: 'bybit' },
      );
      exchange.faults.always(
        {
          change: ({ error, result }: { error: []; result: { last: number; XBTUSDT: [] } }) => ({
            error,
            result: { XXBTZUSD: result.XBTUSDT, last: result.last },
          }),
        },
        { exchange: 'kraken' },
      );
      const failure = await expectFailure(only(exchange, 'bybit', 'kraken').fetchFallback('BTCUSDT', NEWEST));
      exchange.faults.clear();
      assert.match(
        failure.message,
        /Bybit answered for "BTCUSDC", expected "BTCUSDT".*Kraken answered for "XXBTZUSD", expected XBTUSDT/,
      );
      exchange.requests.length = 0;
      await expectFailure(openMarket(exchange.config).fetchFallback('BTCUSD', NEWEST));
      assert.ok(
        exchange.requests.every(({ symbol }) => symbol === 'BTCUSD'),
        'only the pair itself is asked for',
      );
    });

    test('a candle that is not sound makes the response invalid', async (exchange) => {
      exchange.faults.always(
        { change: (rows: number[][]) => rows.map((row) => row.with(1, 1e9)) },
        { exchange: 'coinbase' },
      );
      const failure = await expectFailure(only(exchange, 'coinbase').fetchFallback('BTCUSDT', NEWEST));
      exchange.faults.clear();
      assert.match(failure.message, /the candle of 2025-06-02T09:19Z is invalid: low was 1000000000/);
    });

    test('an abort is not taken for a failure of the exchange', async (exchange) => {
      exchange.faults.always(fault.slow(2_000));
      const failure = await expectFailure(
        openMarket(exchange.config).fetchFallback('BTCUSDT', NEWEST, { signal: AbortSignal.timeout(100) }),
      );
      exchange.faults.clear();
      assert.is(failure.kind, 'interrupted');
    });

    test('of 80 minutes that Binance lost in 2023, Kraken has 56', async () => {
      const kraken = readFixtureCandles('outage-2023-03-24/BTCUSDC-1m-kraken.csv.br');
      const binance = readFixtureCandles('outage-2023-03-24/BTCUSDT-1m-binance.csv.br');
      const outage = { from: Date.parse('2023-03-24T12:40Z'), to: Date.parse('2023-03-24T14:00Z') };
      const exchange = await startLoopback({
        binance: memorySource({ BTCUSDT: binance }),
        fallbacks: { kraken: memorySource({ BTCUSDC: kraken }) },
        nowMs: outage.to + 3_600_000,
      });
      const market = openMarket(exchange.config);
      const lost = await market.fetchCandles('BTCUSDT', outage);
      const { candles } = await market.fetchFallback('BTCUSDC', outage);
      await exchange.close();
      const expected = kraken.filter(({ openTime }) => outage.from <= openTime && openTime < outage.to);
      assert.equal([lost.length, candles.length], [0, 56]);
      assert.equal(candles, expected);
    });
  },
  {
    setup: () => {
      const source = (i: number) => memorySource({ BTCUSDT: shifted(i), DOGEUSDT: DOGE });
      return startLoopback({
        binance: memorySource({ BTCUSDT: CANDLES }),
        fallbacks: { bybit: source(1), okx: source(2), kraken: source(3), coinbase: source(4) },
        nowMs: NOW,
      });
    },
    teardown: (exchange) => exchange.close(),
  },
);
