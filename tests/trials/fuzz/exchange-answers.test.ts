import fc from 'fast-check';
import { isSound, type Candle } from '../../../src/core/candle.js';
import type { FallbackName } from '../../../src/core/config.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { bybit } from '../../../src/exchange/fallbacks/bybit.js';
import { coinbase } from '../../../src/exchange/fallbacks/coinbase.js';
import type { FallbackExchange } from '../../../src/exchange/fallbacks/fallback-exchange.js';
import { kraken } from '../../../src/exchange/fallbacks/kraken.js';
import { okx } from '../../../src/exchange/fallbacks/okx.js';
import { toCandles } from '../../../src/exchange/fallbacks/to-candles.js';
import { parseDecimal } from '../../../src/exchange/parse-decimal.js';
import { parseKlines } from '../../../src/exchange/parse-klines.js';
import { parseServerTime } from '../../../src/exchange/parse-server-time.js';
import { parseSymbolInfo } from '../../../src/exchange/parse-symbol-info.js';
import { readAnswer } from '../../../src/exchange/read-answer.js';
import { RequestProblem } from '../../../src/exchange/request-problem.js';
import { retryAfterOf } from '../../../src/exchange/retry-after.js';
import { effort } from '../../harness/effort.js';
import { group } from '../../harness/group.js';
import { mutatedText } from '../../harness/mutations.js';
import { Properties } from '../../harness/property.js';
import { ASKED, SYMBOL, answersLike, binanceBodies, errorAnswers, fallbackBodies } from './exchange-answers.js';

const RUNS = effort(400, 100_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };
const HOST = 'api.example.com';
const PAIR = { base: 'BTC', quote: 'USDT' };
const FALLBACKS: Readonly<Record<FallbackName, FallbackExchange>> = { bybit, okx, kraken, coinbase };

/** Candles of the minutes that were asked for, in order, each of them sound: nothing else may come through. */
function findWrongCandles(candles: readonly Candle[]): string | undefined {
  const wrong = candles.findIndex((candle, i) => {
    const { openTime } = candle;
    const isAsked = openTime >= ASKED.from && openTime < ASKED.to && openTime % MINUTE_MS === 0;
    const isInOrder = i === 0 || openTime > candles[i - 1]!.openTime;
    return !isAsked || !isInOrder || !isSound(candle);
  });
  return wrong < 0 ? undefined : `candle ${wrong} of ${JSON.stringify(candles)}`;
}

group("exchanges' answers", (test) => {
  const properties = new Properties({ fault: "random and damaged exchanges' answers", unit: 'inputs' });

  test(
    'klines give sound candles of the asked minutes in order, or a refusal',
    () => {
      properties.fuzz('klines', RUNS, {
        inputs: answersLike(binanceBodies('klines')),
        parse: (answer) => parseKlines(readAnswer(answer, HOST), ASKED),
        findWrong: findWrongCandles,
      });
    },
    TIMEOUT,
  );

  for (const [name, exchange] of Object.entries(FALLBACKS)) {
    test(
      `so does ${name}'s answer`,
      () => {
        properties.fuzz(name, RUNS, {
          inputs: answersLike(fallbackBodies(exchange.name)),
          parse: (answer) => toCandles(exchange.read(readAnswer(answer, HOST), PAIR), ASKED),
          findWrong: findWrongCandles,
        });
      },
      TIMEOUT,
    );
  }

  test(
    'exchange information gives a status and a limit above 0, or a refusal',
    () => {
      properties.fuzz('exchangeInfo', RUNS, {
        inputs: answersLike(binanceBodies('exchangeInfo')),
        parse: (answer) => parseSymbolInfo(readAnswer(answer, HOST), SYMBOL),
        findWrong: ({ status, weightLimit = 1 }) =>
          typeof status === 'string' && weightLimit > 0 ? undefined : JSON.stringify({ status, weightLimit }),
      });
    },
    TIMEOUT,
  );

  test(
    'a server time is a date that can be printed',
    () => {
      properties.fuzz('server time', RUNS, {
        inputs: answersLike(binanceBodies('time')),
        parse: (answer) => parseServerTime(readAnswer(answer, HOST)),
        findWrong: (time) => (Number.isNaN(new Date(time).getTime()) ? String(time) : undefined),
      });
    },
    TIMEOUT,
  );

  test(
    'a refusal says what kind it is and for how long, whatever the body',
    () => {
      properties.fuzz('error bodies', RUNS, {
        inputs: errorAnswers,
        parse: (answer) => findProblem(() => readAnswer(answer, HOST)),
        findWrong: (problem) => (problem ? findWrongProblem(problem) : undefined),
        refusesNothing: true,
      });
    },
    TIMEOUT,
  );

  test(
    'Retry-After is a time not below 0, or none',
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
    'a decimal is the number that its digits say, or none',
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

function findProblem(read: () => unknown): RequestProblem | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof RequestProblem) return error;
    throw error;
  }
}

function findWrongProblem(problem: RequestProblem): string | undefined {
  const { exitCode, retryAfterMs = 0, message } = problem.toFailure();
  const isRight = [1, 75].includes(exitCode) && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
  return isRight && message.length < 500 ? undefined : JSON.stringify({ exitCode, retryAfterMs, message });
}
