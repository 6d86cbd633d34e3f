import fc from 'fast-check';
import type { Candle } from '../../../src/core/candle.js';
import { FALLBACK_NAMES, type FallbackName } from '../../../src/core/config.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import type { HttpAnswer } from '../../../src/exchange/http-transport.js';
import { answerBinance } from '../../../src/exchange/replay/binance-answers.js';
import { mutatedDocument, mutatedText, toJson } from '../../harness/mutations.js';
import { FALLBACK_ANSWERS } from '../../loopback/fallback-answers.js';
import { memorySource } from '../../loopback/memory-source.js';

export const SYMBOL = 'BTCUSDT';
export const ASKED: MinuteRange = { from: Date.parse('2025-06-01T11:55:00Z'), to: Date.parse('2025-06-01T12:00:00Z') };
const NOW = ASKED.to + 5_000;

/** Prices and volumes as an exchange prints them, with a handful of decimals, high and low. */
const price = fc.oneof(
  fc.integer({ min: 1, max: 10_000_000 }).map((cents) => cents / 100),
  fc.constantFrom(1e-8, 0.1, 105_203.17, 99_999_999),
);
const candles = fc
  .array(fc.tuple(price, price, fc.constantFrom(0, 0, 0.00000001, 12.5, 123456.789)), { minLength: 5, maxLength: 5 })
  .map((steps) =>
    steps.map(([open, close, volume], i): Candle => {
      const [high, low] = [Math.max(open, close), Math.min(open, close)];
      return { openTime: ASKED.from + i * MINUTE_MS, open, high, low, close, volume };
    }),
  );
/** What Binance or another exchange has of the asked minutes: some may be missing. */
const sources = fc
  .tuple(candles, fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }))
  .map(([whole, kept]) => memorySource({ [SYMBOL]: kept.map((i) => whole[i]!) }));

/** What Binance answers to one of our questions. */
export function binanceBodies(path: 'klines' | 'exchangeInfo' | 'time'): fc.Arbitrary<unknown> {
  const query = new URLSearchParams({ symbol: SYMBOL, interval: '1m', startTime: `${ASKED.from}`, endTime: `${NOW}` });
  return sources.map(
    (source) => answerBinance(`/api/v3/${path}`, query, { source, nowMs: NOW, weightLimit: 6000 }).body,
  );
}

/** What a fallback exchange answers. */
export function fallbackBodies(name: FallbackName): fc.Arbitrary<unknown> {
  const times: Record<FallbackName, Record<string, string>> = {
    bybit: { start: `${ASKED.from}`, end: `${ASKED.to - 1}` },
    okx: { before: `${ASKED.from - 1}`, after: `${ASKED.to}` },
    kraken: { since: `${ASKED.from / 1000 - 1}` },
    coinbase: { start: new Date(ASKED.from).toISOString(), end: new Date(ASKED.to).toISOString() },
  };
  const question = { path: `/candles`, query: new URLSearchParams(times[name]), symbol: SYMBOL, nowMs: NOW };
  return sources.map((source) => FALLBACK_ANSWERS[name]({ ...question, source }).body);
}

/** What an exchange says when it does not want to. */
const complaints = fc.oneof(
  fc.record({ code: fc.constantFrom(-1000, -1001, -1003, -1007, -1008, -1121, 0, 51001), msg: fc.string() }),
  fc.constantFrom<unknown>({ message: 'NotFound' }, { code: '50011', msg: 'Too Many Requests', data: [] }),
  fc.constant({ code: -1003, msg: `Way too many requests; IP banned until ${NOW + 90_000}.` }),
);

const HEADER_TEXT = mutatedText(
  fc.constantFrom('120', '0', new Date(NOW).toUTCString(), new Date(NOW + 60_000).toUTCString(), '999999999', '1e5'),
);
const headers = fc.record({ date: HEADER_TEXT, 'retry-after': HEADER_TEXT }, { requiredKeys: [] });
const status = fc.oneof(
  { weight: 5, arbitrary: fc.constant(200) },
  { weight: 1, arbitrary: fc.constantFrom(204, 301, 400, 403, 404, 408, 418, 429, 451, 500, 503) },
);

/** Answers as they arrive: a body like those given, changed as a document or as a text, with any status and headers. */
export function answersLike(bodies: fc.Arbitrary<unknown>): fc.Arbitrary<HttpAnswer> {
  const documents = mutatedDocument(bodies).map(toJson);
  const text = fc.oneof(
    { weight: 6, arbitrary: documents },
    { weight: 2, arbitrary: mutatedText(bodies.map(toJson)) },
    { weight: 1, arbitrary: mutatedDocument(complaints).map(toJson) },
  );
  return fc.record({ status, headers, text });
}

/** Answers with a body that is a complaint more often than not. */
export const errorAnswers: fc.Arbitrary<HttpAnswer> = answersLike(complaints);

export { FALLBACK_NAMES };
