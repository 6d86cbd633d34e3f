import { setTimeout as sleep } from 'node:timers/promises';
import type { Candle } from '../../core/candle.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { formatMinute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { Semaphore } from '../../core/semaphore.js';
import type { FallbackName } from '../../exchange/fallbacks/fallbacks.js';
import { callBinance } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** All the time that Binance gets. */
const BINANCE_DEADLINE_MS = 10_000;
/** How long Binance may be late with the newest closed minute, from a round's begin, and how often it is asked meanwhile. */
const PUBLICATION_WAIT_MS = 5_000;
const POLL_MS = 500;
const FALLBACK_DEADLINE_MS = 10_000;

export interface NewestCandles {
  /** Binance's. */
  candles: Candle[];
  /** The newest minute from a fallback exchange, when Binance could not give it. */
  fallbackCandles: Candle[];
  fallback: FallbackName | null;
}

/** What the symbols of one ingest have in common when they ask for the newest minute. */
export interface FetchRound {
  /** Why Binance must not be asked now. */
  throttled: Failure | null;
  /** As many symbols ask as requests may be in flight: waiting for each other is not the exchange's slowness. */
  semaphore: Semaphore;
  /** Until then Binance is asked again for what it has not published; later it is late for every symbol. */
  pollUntil: number;
}

export function startFetchRound({ market }: JobContext, throttled: Failure | null): FetchRound {
  return {
    throttled,
    semaphore: new Semaphore(market.concurrency),
    pollUntil: performance.now() + PUBLICATION_WAIT_MS,
  };
}

/**
 * Binance's candles of a range that ends with the newest closed minute; that minute from a fallback exchange where
 * Binance fails or stays late with it.
 *
 * @throws Failure when neither has it and Binance failed, or when Binance does not know the symbol
 */
export async function fetchNewest(
  context: JobContext,
  round: FetchRound,
  symbol: string,
  range: MinuteRange,
): Promise<NewestCandles> {
  const leave = await round.semaphore.acquire(context.signal);
  try {
    return await fetchWithFallback(context, round, symbol, range);
  } finally {
    leave();
  }
}

async function fetchWithFallback(
  context: JobContext,
  { throttled, pollUntil }: FetchRound,
  symbol: string,
  range: MinuteRange,
): Promise<NewestCandles> {
  const newest = { from: range.to - MINUTE_MS, to: range.to };
  let candles: Candle[] = [];
  let failure: Failure | undefined;
  try {
    if (throttled) throw throttled;
    candles = await callBinance(context, () => fetchUntilPublished(context, symbol, range, pollUntil));
    if (candles.at(-1)?.openTime === newest.from) return { candles, fallbackCandles: [], fallback: null };
  } catch (error) {
    failure = toRecoverableFailure(error);
  }
  const why = failure?.message ?? `Binance has no candle for ${formatMinute(newest.from)} yet`;
  try {
    const { signal } = context;
    const found = await context.market.fetchFallback(symbol, newest, { signal, deadlineMs: FALLBACK_DEADLINE_MS });
    context.onNotice?.(`${symbol}: ${why}; took ${formatMinute(newest.from)} from ${found.exchange}`);
    return { candles, fallbackCandles: found.candles, fallback: found.exchange };
  } catch (error) {
    const both = toRecoverableFailure(error);
    if (failure)
      throw new Failure(isAnyTemporary(failure, both) ? 'temporary' : 'failed', `${why}; ${both.message}`, {
        code: failure.code,
        hint: failure.hint,
        cause: both,
      });
    context.onNotice?.(`${symbol}: ${why}; ${both.message}`);
    return { candles, fallbackCandles: [], fallback: null };
  }
}

/** Asks again while the newest minute of the range is not published, until it is late. */
async function fetchUntilPublished(
  { market, signal }: JobContext,
  symbol: string,
  range: MinuteRange,
  lateFrom: number,
): Promise<Candle[]> {
  const deadline = performance.now() + BINANCE_DEADLINE_MS;
  for (;;) {
    const candles = await market.fetchCandles(symbol, range, { signal, deadlineMs: deadline - performance.now() });
    const isPublished = candles.at(-1)?.openTime === range.to - MINUTE_MS;
    if (isPublished || performance.now() + POLL_MS > lateFrom) return candles;
    await sleep(POLL_MS, undefined, { signal }).catch(() => throwIfStopped(signal));
  }
}

function isAnyTemporary(...failures: readonly Failure[]): boolean {
  return failures.some(({ kind }) => kind === 'temporary');
}

/** What another exchange can stand in for: not a wrong symbol, not an interruption, not a bug. */
function toRecoverableFailure(error: unknown): Failure {
  const isFinal =
    !(error instanceof Failure) ||
    error.code === 'UNKNOWN_SYMBOL' ||
    ['interrupted', 'terminated'].includes(error.kind);
  if (isFinal) throw error;
  return error;
}
