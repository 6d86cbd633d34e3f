import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { parseKlines, parseSymbolInfo } from '../../../src/exchange/binance/parse-responses.js';
import { RequestError } from '../../../src/exchange/http/request-error.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { readFixture } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';

const FROM = Date.UTC(2025, 5, 1);
const RANGE = { from: FROM, to: FROM + 3 * MINUTE_MS };

function kline(changes: Record<number, unknown> = {}): unknown[] {
  const openTime = Number(changes[0] ?? FROM);
  const fields = [FROM, '100.5', '101', '99.5', '100', '12.25', openTime + 59_999, '1225', 9, '6', '600', '0'];
  return fields.map((field, i) => (i in changes ? changes[i] : field));
}

/** The content of a response, its candles as records. */
function read(body: unknown, range = RANGE) {
  const klines = parseKlines(body, range);
  return { ...klines, candles: toCandles(klines.candles) };
}

function refusal(body: unknown, range = RANGE): RequestError {
  try {
    parseKlines(body, range);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error('the answer was accepted');
}

group('parseKlines', (test) => {
  test('a kline becomes a candle with its base volume', () => {
    assert.equal(read([kline()]).candles, [
      { openTime: FROM, open: 100.5, high: 101, low: 99.5, close: 100, volume: 12.25 },
    ]);
  });

  test('missing minutes are absent, and an empty response is valid', () => {
    const third = kline({ 0: FROM + 2 * MINUTE_MS });
    assert.equal(
      read([kline(), third]).candles.map(({ openTime }) => openTime),
      [FROM, FROM + 2 * MINUTE_MS],
    );
    assert.equal(read([]), { candles: [], offMinute: [], count: 0, lastOpenTime: null });
  });

  test('an irregular close time, as at a halt, is accepted', () => {
    assert.is(read([kline({ 6: FROM + 54_773 })]).candles.length, 1);
  });

  test('klines off the minute cost their minutes, and one on the minute that is cut short by them', () => {
    const off = [0, 1, 2].map((i) => kline({ 0: FROM + i * MINUTE_MS + 14_789 }));
    assert.equal(read(off), {
      candles: [],
      offMinute: [FROM, FROM + MINUTE_MS, FROM + 2 * MINUTE_MS],
      count: 3,
      lastOpenTime: FROM + 2 * MINUTE_MS + 14_789,
    });
    const cut = kline({ 6: FROM + 14_788 });
    const back = kline({ 0: FROM + MINUTE_MS });
    const { candles, offMinute } = read([cut, off[0], back]);
    assert.equal(
      candles.map(({ openTime }) => openTime),
      [FROM + MINUTE_MS],
    );
    assert.equal(offMinute, [FROM]);
  });

  test('the numbers of a kline off the minute do not matter', () => {
    assert.equal(read([kline({ 0: FROM + 1, 1: 'NaN', 5: '-1' })]).candles, []);
  });

  const faults: [string, unknown, RegExp][] = [
    ['something that is not a list', { klines: [] }, /expected a list/],
    ['a kline that is not a list', [{ open: 1 }], /kline 0 of Binance's response was \{"open":1\}/],
    ['11 fields', [kline().slice(0, 11)], /kline 0 had 11 fields, expected 12/],
    ['13 fields', [[...kline(), 'BTCUSDT']], /kline 0 had 13 fields/],
    ['an open time in a string', [kline({ 0: String(FROM) })], /open time was "1748736000000"/],
    ['an open time with a fraction', [kline({ 0: FROM + 0.5 })], /expected milliseconds/],
    ['klines off the minute out of order', [kline({ 0: FROM + 2 }), kline({ 0: FROM + 1 })], /00:00\.001Z, expected/],
    ['a kline off the minute of five minutes', [kline({ 0: FROM + 1, 6: FROM + 300_000 })], /close time was/],
    ['a kline off the minute of another day', [kline({ 0: FROM - 86_400_001 })], /expected a minute of/],
    [
      'an open time in microseconds',
      [kline({ 0: FROM * 1000 })],
      /kline 0: open time was 1748736000000000, expected a minute of/,
    ],
    [
      'an open time beyond what a date can hold, in a kline that is invalid otherwise too',
      [kline({ 0: 8_640_000_000_060_000, 1: null })],
      /kline 0 \(8640000000060000\): open was NaN/,
    ],
    ['a minute before the range', [kline({ 0: FROM - MINUTE_MS })], /2025-05-31T23:59Z, expected a minute of/],
    ['a minute after the range', [kline({ 0: RANGE.to })], /2025-06-01T00:03Z, expected a minute of/],
    [
      'a repeated minute',
      [kline(), kline()],
      /kline 1: open time was 2025-06-01T00:00Z, expected 2025-06-01T00:01Z or later/,
    ],
    ['minutes out of order', [kline({ 0: FROM + MINUTE_MS }), kline()], /kline 1: open time/],
    [
      'more klines than minutes asked for',
      Array.from({ length: 4 }, () => kline()),
      /held 4 klines, expected at most 3/,
    ],
    [
      'lists as deep as an answer is long',
      { klines: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown },
      /too deep to be shown/,
    ],
    ['a price that is not a number', [kline({ 4: 'NaN' })], /close was NaN.*"NaN"/],
    ['a price in a JSON number', [kline({ 4: 100 })], /close was NaN, expected a number/],
    ['an endless number', [kline({ 5: '9'.repeat(400) })], /volume was NaN/],
    ['a number in exponents', [kline({ 5: '1e3' })], /volume was NaN/],
    ['a kline of five minutes', [kline({ 6: FROM + 5 * MINUTE_MS - 1 })], /kline 0: close time was 1748736299999/],
    ['a kline of one second', [kline({ 6: FROM + 999 })], /close time was 1748736000999, expected 1748736059999/],
    ['a close time of another minute', [kline({ 6: FROM - 1 })], /close time was/],
    ['a close time in a string', [kline({ 6: String(FROM + 59_999) })], /close time was "1748736059999"/],
    ['a price of zero', [kline({ 1: '0', 3: '0' })], /open was 0, expected more than 0/],
    ['a negative volume', [kline({ 5: '-1' })], /volume was -1, expected at least 0/],
    ['a close above the high', [kline({ 4: '102' })], /low was 99.5 and high 101, expected open 100.5 and close 102/],
    ['an open below the low', [kline({ 1: '99' })], /expected open 99/],
  ];
  for (const [what, body, message] of faults) {
    test(`${what} makes the whole response invalid`, () => {
      const problem = refusal(body);
      assert.is(problem.kind, 'invalid');
      assert.match(problem.message, message);
      assert.ok(problem.message.length < 400, `the message had ${problem.message.length} characters`);
    });
  }

  test('a real answer of 1,000 klines is read', () => {
    const body = JSON.parse(readFixture('api/klines-BTCUSDT-1m-1000.json.br')) as [number, string][];
    const from = body[0]![0];
    const { candles } = read(body, { from, to: from + 1000 * MINUTE_MS });
    assert.is(candles.length, 1000);
    assert.equal(candles[0], {
      openTime: 1725416820000,
      open: 56714,
      high: 56714.01,
      low: 56634,
      close: 56642,
      volume: 11.02444,
    });
  });
});

function info(limit: unknown): unknown {
  return {
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'DAY', intervalNum: 1, limit: 1 },
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit },
    ],
    symbols: [{ symbol: 'BTCUSDT', status: 'TRADING' }],
  };
}

group('parseSymbolInfo', (test) => {
  test('the weight limit is taken from the response', () => {
    for (const limit of [20, 1200, 6000, 600_000]) {
      assert.equal(parseSymbolInfo(info(limit), 'BTCUSDT'), { status: 'TRADING', weightLimit: limit });
    }
  });

  test('a limit that is too low or too high is ignored', () => {
    for (const limit of [1e300, 600_001, 1, 0.001, 0, -6000, NaN, '6000', null, [6000]]) {
      assert.is(parseSymbolInfo(info(limit), 'BTCUSDT').weightLimit, undefined, String(limit));
    }
  });
});
