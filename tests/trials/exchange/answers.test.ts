import * as assert from 'uvu/assert';
import { type Candle, hasSameNumbers } from '../../../src/core/candle.js';
import { Failure } from '../../../src/core/failure.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../../../src/core/range.js';
import { FALLBACK_NAMES, type FallbackName } from '../../../src/exchange/fallbacks/fallbacks.js';
import type { Market } from '../../../src/exchange/market.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { group } from '../../harness/group.js';
import { createRandom, type Random } from '../../harness/random.js';
import { concludeTrial, effort, isLongRun, RUN_SEED } from '../../harness/trial.js';
import { memorySource } from '../../loopback/memory-source.js';
import { ALL_FAULT_KINDS, createRandomFaults, FAULT_WEIGHTS } from '../../loopback/random-faults.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import { BINANCE, fallbackCandles } from './fault-world.js';

const SYMBOL = 'BTCUSDT';
const NOW = Date.UTC(2025, 5, 1, 12);
const KNOWN = { from: NOW - 700 * MINUTE_MS, to: NOW + 10 * MINUTE_MS };
const ANSWERS = effort(1_500, 100_000);
/** Concurrent clients, each with its own market as in a separate process. */
const CLIENTS = effort(24, 96);
const MAX_WAIT_MS = 1_500;
/** The time limit of a question: the request budget, a last request, and the waits for rate limits. */
const MAX_QUESTION_MS = 9_000 + 10_000 + MAX_WAIT_MS;
const TEMPORARY_CODES = ['UNREACHABLE', 'SERVER_ERROR', 'BAD_ANSWER', 'RATE_LIMITED', 'BANNED'];

const CANDLES = generateCandles(SYMBOL, KNOWN);
const FALLBACK_CANDLES = Object.fromEntries(
  FALLBACK_NAMES.map((name) => [name, fallbackCandles(name, CANDLES)]),
) as Record<FallbackName, Candle[]>;

group<Loopback>(
  'answers with random faults',
  (test) => {
    test(
      'a market returns every candle of the range as the exchange has it, or a temporary failure, in bounded time',
      async (exchange) => {
        const randomFaults = createRandomFaults({
          seed: RUN_SEED,
          chance: 0.5,
          kinds: ALL_FAULT_KINDS,
          weights: FAULT_WEIGHTS,
        });
        exchange.faults.schedule(randomFaults.schedule);
        const losses: string[] = [];
        const ask = async (_: unknown, place: number) => {
          const random = createRandom(RUN_SEED, `asker ${place}`);
          while (randomFaults.answers < ANSWERS) losses.push(...(await queryMarket(exchange, random)));
        };
        await Promise.all(Array.from({ length: CLIENTS }, ask));
        const unseen = Object.keys(ALL_FAULT_KINDS).filter((name) => !randomFaults.counts.has(name));
        if (isLongRun) assert.equal(unseen, [], 'every kind of fault was there');
        concludeTrial({
          fault: 'random faults in the answers of Binance and the fallback exchanges',
          tried: randomFaults.answers,
          unit: 'answers',
          losses,
          seed: RUN_SEED,
        });
      },
      { timeoutMs: effort(120_000, 3_600_000) },
    );
  },
  {
    setup: () =>
      startLoopback({
        binance: memorySource({ [SYMBOL]: CANDLES }),
        fallbacks: Object.fromEntries(
          FALLBACK_NAMES.map((name) => [name, memorySource({ [SYMBOL]: FALLBACK_CANDLES[name] })]),
        ),
        nowMs: NOW + 5_000,
      }),
    teardown: (exchange) => exchange.close(),
  },
);

/** Queries one market several times; one sentence for each wrong result. */
async function queryMarket(exchange: Loopback, random: Random): Promise<string[]> {
  const market = openMarket(exchange.config, { maxWaitMs: MAX_WAIT_MS });
  const losses: string[] = [];
  // every job reads the clock first; without it a wrong date header may hide a few candles
  if ((await market.readClock()).source === 'local') return losses;
  for (let i = 0; i < 4; i += 1) {
    const began = performance.now();
    const loss = await queryAny(market, random);
    const tookMs = performance.now() - began;
    if (loss) losses.push(loss);
    if (tookMs > MAX_QUESTION_MS + 5_000) losses.push(`a question took ${Math.round(tookMs)} ms`);
  }
  return losses;
}

async function queryAny(market: Market, random: Random): Promise<string | undefined> {
  const minutes = 1 + random.integerBelow(60);
  const from = NOW - (minutes + random.integerBelow(600)) * MINUTE_MS;
  const range = { from, to: from + minutes * MINUTE_MS };
  const exchange = random.pick([BINANCE, BINANCE, BINANCE, ...FALLBACK_NAMES, 'clock', 'status']);
  try {
    if (exchange === 'clock') return await findWrongClock(market);
    if (exchange === 'status') return await findWrongStatus(market);
    if (exchange === BINANCE) return compare(exchange, CANDLES, range, await market.fetchCandles(SYMBOL, range));
    const name = exchange as FallbackName;
    return compare(name, FALLBACK_CANDLES[name], range, await market.fetchFallbackFrom(name, SYMBOL, range));
  } catch (error) {
    if (error instanceof Failure && error.kind === 'temporary' && TEMPORARY_CODES.includes(error.code ?? ''))
      return undefined;
    return `${exchange}: ${error instanceof Failure ? `${error.kind} ${error.code}: ${error.message}` : String((error as Error).stack)}`;
  }
}

async function findWrongClock(market: Market): Promise<string | undefined> {
  const { nowMs, source, skewMs, problem } = await market.readClock();
  if (source === 'exchange' && nowMs === NOW + 5_000) return undefined;
  if (source === 'local' && skewMs === null && problem) return undefined;
  return `the clock was ${new Date(nowMs).toISOString()}, the ${source} one`;
}

async function findWrongStatus(market: Market): Promise<string | undefined> {
  const status = await market.getSymbolStatus(SYMBOL);
  return status === 'TRADING' ? undefined : `the status was ${status}`;
}

function compare(
  exchange: string,
  truth: readonly Candle[],
  range: MinuteRange,
  found: readonly Candle[],
): string | undefined {
  const expected = truth.filter(({ openTime }) => openTime >= range.from && openTime < range.to);
  if (found.length !== expected.length)
    return `${exchange}: ${found.length} of ${countMinutes(range)} candles of ${formatRange(range)}`;
  const wrong = found.find(
    (candle, i) => candle.openTime !== expected[i]!.openTime || !hasSameNumbers(candle, expected[i]!),
  );
  return wrong && `${exchange}: wrong ${JSON.stringify(wrong)}`;
}
