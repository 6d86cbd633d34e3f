import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { type Klines, parseKlines } from '../../../src/exchange/binance/parse-responses.js';
import { scanKlines } from '../../../src/exchange/binance/scan-klines.js';
import { RequestError } from '../../../src/exchange/http/request-error.js';
import { toKlineArray } from '../../../src/exchange/replay/kline-array.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { readFixture } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';
import { mutatedDocument, mutatedText, toJson } from '../../harness/mutations.js';
import { RUN_SEED } from '../../harness/trial.js';

const FROM = Date.UTC(2025, 5, 1);
const RANGE = { from: FROM, to: FROM + 3 * MINUTE_MS };
const KLINES = generateCandles('BTCUSDT', RANGE).map(toKlineArray);

const scan = (text: string, range: MinuteRange = RANGE) => scanKlines(Buffer.from(text), range);

/** The content of a response by way of `JSON.parse`; undefined if it is refused. */
function parse(text: string, range: MinuteRange = RANGE): Klines | undefined {
  try {
    return parseKlines(JSON.parse(text), range);
  } catch (error) {
    if (error instanceof RequestError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Everything of a response, to the sign of a zero. */
function describe({ candles, ...rest }: Klines): string {
  const numbers = toCandles(candles).map((candle) =>
    Object.values(candle).map((value: number) => (Object.is(value, -0) ? '-0' : value)),
  );
  return JSON.stringify({ ...rest, numbers });
}

/** Whether the response was scanned; if so, its content must be that of the JSON. */
function isScannedRight(text: string): boolean {
  const scanned = scan(text);
  if (!scanned) return false;
  const parsed = parse(text);
  assert.ok(parsed, `scanned, but refused as JSON: ${text}`);
  assert.is(describe(scanned), describe(parsed), text);
  return true;
}

group('scanKlines', (test) => {
  test('a real response of 1,000 klines is read from its bytes, and as from JSON', () => {
    const text = readFixture('api/klines-BTCUSDT-1m-1000.json.br');
    const [[from]] = JSON.parse(text) as [[number]];
    const range = { from, to: from + 1000 * MINUTE_MS };
    const scanned = scan(text, range);
    assert.ok(scanned);
    assert.is(scanned.count, 1000);
    assert.is(describe(scanned), describe(parse(text, range)!));
  });

  test('missing minutes are absent', () => {
    const scanned = scan(JSON.stringify([KLINES[0], KLINES[2]]));
    assert.equal([...scanned!.candles.openTime], [FROM, FROM + 2 * MINUTE_MS]);
    assert.equal([scanned!.count, scanned!.lastOpenTime], [2, FROM + 2 * MINUTE_MS]);
  });

  const usual = JSON.stringify(KLINES);
  const first: readonly unknown[] = KLINES[0]!;
  const withField = (field: number, value: unknown) => [first.map((old, i) => (i === field ? value : old))];
  const others: [string, string][] = [
    ['an empty list', '[]'],
    ['nothing', ''],
    ['white space', JSON.stringify(KLINES, null, 1)],
    ['a byte order mark', `\uFEFF${usual}`],
    ['a truncated response', usual.slice(0, -1)],
    ['two responses', usual + usual],
    ['a comma at the end', `${usual.slice(0, -1)},]`],
    ['11 fields', JSON.stringify([first.slice(0, 11)])],
    ['13 fields', JSON.stringify([[...first, '0']])],
    ['more klines than minutes', JSON.stringify([...KLINES, KLINES[2]])],
    ['a kline off the minute', JSON.stringify(withField(0, FROM + 14_789))],
    ['a kline of an earlier range', JSON.stringify(withField(0, FROM - MINUTE_MS))],
    ['a kline of a later range', JSON.stringify(withField(0, RANGE.to))],
    ['klines out of order', JSON.stringify([KLINES[1], KLINES[0]])],
    ['a kline twice', JSON.stringify([first, first])],
    ['a kline of an hour', JSON.stringify(withField(6, FROM + 60 * MINUTE_MS - 1))],
    ['an unsound candle', JSON.stringify(withField(2, '0.5'))],
    ['a price in a number', JSON.stringify(withField(1, 100))],
    ['an escaped digit', usual.replace('"', '"\\u0031')],
    ['a number with a leading zero', usual.replace(`[${FROM}`, `[0${FROM}`)],
    ['an unquoted decimal in a field that is not used', JSON.stringify(withField(9, 1.5))],
    ['words in a field that is not used', JSON.stringify(withField(11, 'new'))],
  ];
  for (const [what, text] of others) test(`${what} is left to parseKlines`, () => assert.is(scan(text), undefined));

  test('damaged responses are left to parseKlines, or give what it gives', () => {
    const documents = fc.constantFrom<unknown>(KLINES, [KLINES[0], KLINES[2]], [KLINES[1]]);
    const texts = fc.oneof(mutatedDocument(documents).map(toJson), mutatedText(documents.map(toJson)));
    const edited = fc
      .tuple(fc.nat(usual.length - 1), fc.constantFrom(...'0123456789.,"[]- e'), fc.boolean())
      .map(([at, character, isInserted]) => usual.slice(0, at) + character + usual.slice(isInserted ? at : at + 1));
    let scanned = 0;
    const property = fc.property(fc.oneof(texts, edited), (text) => {
      scanned += Number(isScannedRight(text));
    });
    fc.assert(property, { numRuns: 3_000, seed: RUN_SEED });
    assert.ok(scanned > 300, `only ${scanned} were read from bytes: the test shows too little`);
  });
});
