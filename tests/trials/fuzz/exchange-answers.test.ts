import fc from 'fast-check';
import { type Candle, isSound } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import {
  type Klines,
  parseKlines,
  parseServerTime,
  parseSymbolInfo,
} from '../../../src/exchange/binance/parse-responses.js';
import { scanKlines } from '../../../src/exchange/binance/scan-klines.js';
import { FALLBACK_NAMES, type FallbackName, loadFallback } from '../../../src/exchange/fallbacks/fallbacks.js';
import { type FallbackExchange, toCandles } from '../../../src/exchange/fallbacks/fallback-exchange.js';
import type { HttpResponse } from '../../../src/exchange/http/http-transport.js';
import { parseDecimal } from '../../../src/exchange/http/parse-values.js';
import { readResponse, retryAfterOf } from '../../../src/exchange/http/read-response.js';
import { RequestError } from '../../../src/exchange/http/request-error.js';
import { respondAsBinance } from '../../../src/exchange/replay/binance-responses.js';
import { toCandles as toRecords } from '../../../src/rows/candle-columns.js';
import { group } from '../../harness/group.js';
import { mutatedDocument, mutatedText, toJson } from '../../harness/mutations.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';
import { FALLBACK_ANSWERS } from '../../loopback/fallback-answers.js';
import { memorySource } from '../../loopback/memory-source.js';

const SYMBOL = 'BTCUSDT';
const ASKED: MinuteRange = { from: Date.parse('2025-06-01T11:55:00Z'), to: Date.parse('2025-06-01T12:00:00Z') };
const NOW = ASKED.to + 5_000;

/** Prices and volumes as an exchange prints them. */
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
/** The candles of an exchange in the requested range; some are missing. */
const sources = fc
  .tuple(candles, fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }))
  .map(([whole, kept]) => memorySource({ [SYMBOL]: kept.map((i) => whole[i]!) }));

/** The bodies of Binance's responses. */
function binanceBodies(path: 'klines' | 'exchangeInfo' | 'time'): fc.Arbitrary<unknown> {
  const query = new URLSearchParams({ symbol: SYMBOL, interval: '1m', startTime: `${ASKED.from}`, endTime: `${NOW}` });
  return sources.map(
    (source) => respondAsBinance(`/api/v3/${path}`, query, { source, nowMs: NOW, weightLimit: 6000 }).body,
  );
}

/** The bodies of a fallback exchange's responses to its own request. */
function fallbackBodies(name: FallbackName, exchange: FallbackExchange): fc.Arbitrary<unknown> {
  const { pathname: path, searchParams: query } = new URL(exchange.request(PAIR, ASKED, NOW), `https://${HOST}`);
  const question = { path, query, symbol: SYMBOL, nowMs: NOW };
  return sources.map((source) => FALLBACK_ANSWERS[name]({ ...question, source }).body);
}

/** The bodies of error responses. */
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

/** Responses with the given bodies, mutated as documents or as texts, with any status and headers. */
function answersLike(bodies: fc.Arbitrary<unknown>): fc.Arbitrary<HttpResponse> {
  const documents = mutatedDocument(bodies).map(toJson);
  const text = fc.oneof(
    { weight: 6, arbitrary: documents },
    { weight: 2, arbitrary: mutatedText(bodies.map(toJson)) },
    { weight: 1, arbitrary: mutatedDocument(complaints).map(toJson) },
  );
  return fc.record({ status, headers, text });
}

/** Responses that are mostly errors. */
const errorAnswers: fc.Arbitrary<HttpResponse> = answersLike(complaints);

export { FALLBACK_NAMES };

const RUNS = effort(400, 100_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };
const HOST = 'api.example.com';
const PAIR = { base: 'BTC', quote: 'USDT' };

/** Checks that candles are of the requested minutes, in order and sound. */
function findWrongCandles(candles: readonly Candle[]): string | undefined {
  const wrong = candles.findIndex((candle, i) => {
    const { openTime } = candle;
    const isAsked = openTime >= ASKED.from && openTime < ASKED.to && openTime % MINUTE_MS === 0;
    const isInOrder = i === 0 || openTime > candles[i - 1]!.openTime;
    return !isAsked || !isInOrder || !isSound(candle);
  });
  return wrong < 0 ? undefined : `candle ${wrong} of ${JSON.stringify(candles)}`;
}

function findDifference(...klines: [Klines, Klines]): string | undefined {
  const [scanned, parsed] = klines.map((one) => JSON.stringify({ ...one, candles: toRecords(one.candles) }));
  return scanned === parsed ? undefined : `${scanned} instead of ${parsed}`;
}

group("exchanges' answers", (test) => {
  const properties = new Properties({ fault: "random and damaged exchanges' answers", unit: 'inputs' });

  test(
    'klines give sound candles of the asked minutes in order, or a refusal',
    () => {
      properties.fuzz('klines', RUNS, {
        inputs: answersLike(binanceBodies('klines')),
        parse: (answer) => toRecords(parseKlines(readResponse(answer, HOST), ASKED).candles),
        findWrong: findWrongCandles,
      });
    },
    TIMEOUT,
  );

  test(
    'klines read from bytes are those of the JSON',
    () => {
      properties.fuzz('klines from bytes', RUNS, {
        inputs: answersLike(binanceBodies('klines')).map(({ text }) => text),
        parse: (text) => scanKlines(Buffer.from(text), ASKED),
        isAccepted: (scanned) => scanned !== undefined,
        findWrong: (scanned, text) => scanned && findDifference(scanned, parseKlines(JSON.parse(text), ASKED)),
      });
    },
    TIMEOUT,
  );

  for (const name of FALLBACK_NAMES) {
    test(
      `so does ${name}'s answer`,
      async () => {
        const exchange = await loadFallback(name);
        properties.fuzz(name, RUNS, {
          inputs: answersLike(fallbackBodies(name, exchange)),
          parse: (answer) => toCandles(exchange.read(readResponse(answer, HOST), PAIR), ASKED),
          findWrong: findWrongCandles,
        });
      },
      TIMEOUT,
    );
  }

  test(
    'exchange information gives a status and a limit above 0 or a refusal',
    () => {
      properties.fuzz('exchangeInfo', RUNS, {
        inputs: answersLike(binanceBodies('exchangeInfo')),
        parse: (answer) => parseSymbolInfo(readResponse(answer, HOST), SYMBOL),
        findWrong: ({ status, weightLimit = 1 }) =>
          typeof status === 'string' && weightLimit > 0 ? undefined : JSON.stringify({ status, weightLimit }),
      });
    },
    TIMEOUT,
  );

  test(
    'a server time is a printable date',
    () => {
      properties.fuzz('server time', RUNS, {
        inputs: answersLike(binanceBodies('time')),
        parse: (answer) => parseServerTime(readResponse(answer, HOST)),
        findWrong: (time) => (Number.isNaN(new Date(time).getTime()) ? String(time) : undefined),
      });
    },
    TIMEOUT,
  );

  test(
    'a refusal has a kind and a finite wait, whatever the body',
    () => {
      properties.fuzz('error bodies', RUNS, {
        inputs: errorAnswers,
        parse: (answer) => findProblem(() => readResponse(answer, HOST)),
        findWrong: (problem) => (problem ? findWrongProblem(problem) : undefined),
        neverRefuses: true,
      });
    },
    TIMEOUT,
  );

  test(
    'Retry-After is a time of at least 0, or none',
    () => {
      const dates = fc.date({ noInvalidDate: true }).map((date) => date.toUTCString());
      const texts = mutatedText(fc.oneof(dates, fc.nat().map(String), fc.constantFrom('-1', '1.5', '9'.repeat(12))));
      properties.fuzz('Retry-After', RUNS, {
        inputs: fc.record({ date: texts, 'retry-after': texts }, { requiredKeys: [] }),
        parse: (headers) => retryAfterOf(headers, ASKED.to),
        isAccepted: (waitMs) => waitMs !== undefined,
        findWrong: (waitMs = 0) => (Number.isFinite(waitMs) && waitMs >= 0 ? undefined : String(waitMs)),
      });
    },
    TIMEOUT,
  );

  test(
    'a decimal is the number of its digits, or NaN',
    () => {
      const digits = fc.tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.nat({ max: 20 }));
      const decimals = digits.map(([whole, places]) => `${whole}.${'7'.repeat(places)}`);
      properties.fuzz('decimals', RUNS, {
        inputs: fc.oneof(mutatedText(decimals), mutatedText(fc.double().map(String)), fc.anything()),
        parse: parseDecimal,
        isAccepted: Number.isFinite,
        findWrong: (value, input) =>
          Number.isNaN(value) || (Number.isFinite(value) && value === Number(input)) ? undefined : String(value),
      });
    },
    TIMEOUT,
  );

  test('all were tried', () => properties.conclude());
});

function findProblem(read: () => unknown): RequestError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
}

function findWrongProblem(problem: RequestError): string | undefined {
  const { exitCode, retryAfterMs = 0, message } = problem.toFailure();
  const isRight = [1, 75].includes(exitCode) && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
  return isRight && message.length < 500 ? undefined : JSON.stringify({ exitCode, retryAfterMs, message });
}
