import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { bybit } from '../../../src/exchange/fallbacks/bybit.js';
import { coinbase } from '../../../src/exchange/fallbacks/coinbase.js';
import { type FallbackExchange, toCandles } from '../../../src/exchange/fallbacks/fallback-exchange.js';
import { kraken } from '../../../src/exchange/fallbacks/kraken.js';
import { okx } from '../../../src/exchange/fallbacks/okx.js';
import { RequestError } from '../../../src/exchange/http/request-error.js';
import { group } from '../../harness/group.js';

const FROM = Date.UTC(2025, 5, 1);
const SECONDS = FROM / 1000;
const PAIR = { base: 'BTC', quote: 'USDT' };
const PAGE = { from: FROM, to: FROM + 3 * MINUTE_MS };

function read(exchange: FallbackExchange, body: unknown) {
  return toCandles(exchange.read(body, PAIR), PAGE);
}

function problemOf(exchange: FallbackExchange, body: unknown): RequestError {
  try {
    read(exchange, body);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error(`the answer was accepted: ${JSON.stringify(body)}`);
}

const bybitBody = (...list: unknown[]) => ({
  retCode: 0,
  retMsg: 'OK',
  result: { category: 'spot', symbol: 'BTCUSDT', list },
});
const okxBody = (...data: unknown[]) => ({ code: '0', msg: '', data });
const krakenBody = (last: number, ...rows: unknown[]) => ({ error: [], result: { XBTUSDT: rows, last } });
const EXPECTED = { openTime: FROM, open: 100, high: 110, low: 90, close: 105, volume: 2 };

group('answers of fallback exchanges', (test) => {
  test("Bybit's volume is base, its turnover quote", () => {
    assert.equal(read(bybit, bybitBody([String(FROM), '100', '110', '90', '105', '2', '205'])), [EXPECTED]);
  });

  test("OKX's volume is base on spot, and a candle that is not confirmed is left out", () => {
    const open = [String(FROM + MINUTE_MS), '105', '106', '104', '105', '1', '105', '105', '0'];
    assert.equal(read(okx, okxBody(open, [String(FROM), '100', '110', '90', '105', '2', '205', '205', '1'])), [
      EXPECTED,
    ]);
  });

  test("Kraken's entries after the last committed one are left out", () => {
    const committed = [SECONDS, '100', '110', '90', '105', '101', '2', 9];
    assert.equal(
      read(kraken, krakenBody(SECONDS, committed, [SECONDS + 60, '105', '106', '104', '105', '105', '1', 3])),
      [EXPECTED],
    );
  });

  test("Coinbase's fields come as low, high, open, close", () => {
    assert.equal(read(coinbase, [[SECONDS, 90, 110, 100, 105, 2]]), [EXPECTED]);
  });

  test('newest first becomes oldest first, and what lies outside the page is dropped', () => {
    const rows = [4, 2, 1, 0, -1].map((n) => [SECONDS + n * 60, 90, 110, 100, 105, 2]);
    assert.equal(
      read(coinbase, rows).map(({ openTime }) => openTime),
      [0, 1, 2].map((n) => FROM + n * MINUTE_MS),
    );
  });

  const EXCHANGES = { bybit, okx, kraken, coinbase };
  const shapeless: unknown[] = [
    null,
    {},
    'text',
    7,
    [[SECONDS, 2]],
    { retCode: 0, code: '0', error: [], result: [], data: {} },
  ];
  for (const [name, exchange] of Object.entries(EXCHANGES)) {
    test(`${name}: a response of another shape is refused`, () => {
      for (const body of shapeless) assert.instance(problemOf(exchange, body), RequestError, JSON.stringify(body));
    });
  }

  test('a candle twice, off the minute or unsound makes the whole response invalid', () => {
    const row = [SECONDS, 90, 110, 100, 105, 2];
    assert.match(problemOf(coinbase, [row, row]).message, /twice/);
    assert.match(problemOf(coinbase, [row.with(0, SECONDS + 1)]).message, /whole minute/);
    assert.match(problemOf(coinbase, [row.with(0, SECONDS - 30)]).message, /whole minute/, 'before the page, too');
    assert.match(problemOf(coinbase, [row.with(0, NaN)]).message, /open time was NaN/);
    assert.match(problemOf(coinbase, [row.with(5, -1)]).message, /volume was -1/);
    assert.match(problemOf(coinbase, [row.with(1, 120)]).message, /low was 120/);
  });

  const complaints: [string, FallbackExchange, unknown, string][] = [
    ["Bybit's 10006", bybit, { retCode: 10006, retMsg: 'Too many visits!', result: {} }, 'limited'],
    ["Bybit's 10016", bybit, { retCode: 10016, retMsg: 'Server error.', result: {} }, 'server'],
    ["Bybit's 10001", bybit, { retCode: 10001, retMsg: 'Not supported symbols', result: {} }, 'refused'],
    ["OKX's 50011", okx, { code: '50011', msg: 'Too Many Requests', data: [] }, 'limited'],
    ["OKX's 50001", okx, { code: '50001', msg: 'Service temporarily unavailable', data: [] }, 'server'],
    ["OKX's 51001", okx, { code: '51001', msg: "Instrument ID doesn't exist", data: [] }, 'refused'],
    ["Kraken's rate limit", kraken, { error: ['EGeneral:Too many requests'] }, 'limited'],
    ["Kraken's maintenance", kraken, { error: ['EService:Unavailable'] }, 'server'],
    ["Kraken's unknown pair", kraken, { error: ['EQuery:Unknown asset pair'] }, 'refused'],
  ];
  for (const [what, exchange, body, kind] of complaints) {
    test(`${what} is ${kind}`, () => assert.is(problemOf(exchange, body).kind, kind));
  }

  test('an error code may be any value, also the name of a member of JavaScript objects', () => {
    const strange = { toString: 1, valueOf: null };
    assert.match(
      problemOf(okx, { code: 'constructor', msg: strange }).toFailure().message,
      /constructor: \{"toString":1/,
    );
    assert.match(problemOf(okx, { code: strange }).toFailure().message, /OKX answered \{"toString":1/);
    assert.match(problemOf(bybit, { retCode: strange, retMsg: strange }).toFailure().message, /Bybit answered \{/);
    assert.is(problemOf(bybit, { retCode: '__proto__' }).toFailure().kind, 'failed');
  });

  test('candles of another market are not taken, where the answer names its market', () => {
    const row = [String(FROM), '100', '110', '90', '105', '2', '205'];
    const futures = { ...bybitBody(row), result: { ...bybitBody(row).result, category: 'linear' } };
    assert.match(problemOf(bybit, futures).message, /answered for its "linear" market, expected "spot"/);
    const other = {
      error: [],
      result: { ETHUSDT: [[SECONDS, '100', '110', '90', '105', '101', '2', 9]], last: SECONDS },
    };
    assert.match(problemOf(kraken, other).message, /answered for "ETHUSDT", expected XBTUSDT/);
    const legacy = { ...other, result: { XXBTZUSDT: other.result.ETHUSDT, last: SECONDS } };
    assert.equal(read(kraken, legacy), [EXPECTED]);
  });

  test("Coinbase's numbers may be as long as the others' strings, and no longer", () => {
    const row = [SECONDS, 90, 110, 100, 105, 2];
    for (const volume of [1e20, 1e300, Infinity]) {
      assert.match(problemOf(coinbase, [row.with(5, volume)]).message, /volume was NaN/);
    }
  });

  test('an error code that is neither string nor number is invalid, however deep it is nested', () => {
    const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
    const bodies: [FallbackExchange, unknown][] = [
      [bybit, { retCode: deep, retMsg: deep }],
      [okx, { code: deep, msg: deep }],
      [kraken, { error: [deep] }],
      [coinbase, [deep]],
    ];
    for (const [exchange, body] of bodies) assert.is(problemOf(exchange, body).kind, 'invalid');
  });

  test('a time that is not a number is invalid', () => {
    const row = [{ toString: 1 }, '100', '110', '90', '105', '101', '2', 9];
    assert.equal(read(kraken, krakenBody(SECONDS, row, row.with(0, SECONDS))), [EXPECTED]);
  });
});
