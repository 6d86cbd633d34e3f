import { setTimeout as sleep } from 'node:timers/promises';
import type { Candle } from '../../core/candle.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import type { Halt } from '../../core/halt.js';
import { formatMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { Semaphore } from '../../core/semaphore.js';
import type { FallbackName } from '../../exchange/fallbacks/fallbacks.js';
import { callBinance } from '../fetch/binance-requests.js';
import { fetchCheckedFallback } from '../fetch/fetch-checked-fallback.js';
import { SharedOutage } from '../fetch/shared-outage.js';
import type { JobContext } from '../job.js';
import { SymbolStates } from './symbol-states.js';

/** For all requests to Binance together. */
const BINANCE_DEADLINE_MS = 10_000;
/** How long to wait, from the start of the round, until Binance publishes the newest closed minute. */
const PUBLICATION_WAIT_MS = 5_000;
const POLL_MS = 500;
/** Without a candle of these minutes before the newest one, the symbol's state is requested before anything is waited for. */
const PROBED_MINUTES = 2;
const FALLBACK_DEADLINE_MS = 10_000;

/** What the exchanges have of a range that ends with the newest closed minute. */
export interface NewestCandles {
  /** From Binance. */
  candles: Candle[];
  /** The newest minute from a fallback exchange, if Binance does not have it. */
  fallbackCandles: Candle[];
  fallback: FallbackName | null;
  /** Why no exchange was asked for the newest minute: Binance does not trade the symbol. */
  halt: Halt | null;
}

/** The state that the symbols of one ingest share while they fetch the newest minute. */
export interface FetchRound {
  /** While each symbol waited for an outage by itself, the minutes in between would be lost. */
  outage: SharedOutage;
  /** Limits the symbols to the exchange's concurrency, so that waiting for other symbols does not count in a deadline. */
  semaphore: Semaphore;
  states: SymbolStates;
  /** When to stop polling for the newest minute and use a fallback exchange, in `performance.now()` time. */
  pollUntil: number;
}

/**
 * @param newest the newest closed minute
 * @param unavailable the failure of every request during a ban or with a spent rate limit
 */
export function startFetchRound(
  context: JobContext,
  symbols: readonly string[],
  newest: Minute,
  unavailable: Failure | null,
): FetchRound {
  return {
    outage: new SharedOutage(unavailable),
    semaphore: new Semaphore(context.market.concurrency),
    states: new SymbolStates(context, symbols, newest),
    pollUntil: performance.now() + PUBLICATION_WAIT_MS,
  };
}

/**
 * Fetches a range that ends with the newest closed minute from Binance. If Binance fails or has not published that
 * minute in time, that minute is fetched from a fallback exchange, unless Binance does not trade the symbol.
 *
 * @throws Failure when Binance failed and no fallback exchange has the minute, or when Binance does not know the symbol
 */
export async function fetchNewest(
  context: JobContext,
  round: FetchRound,
  symbol: string,
  range: MinuteRange,
): Promise<NewestCandles> {
  const release = await round.semaphore.acquire(context.signal);
  try {
    return await fetchWithFallback(context, round, symbol, range);
  } finally {
    release();
  }
}

async function fetchWithFallback(
  context: JobContext,
  round: FetchRound,
  symbol: string,
  range: MinuteRange,
): Promise<NewestCandles> {
  const newest = { from: range.to - MINUTE_MS, to: range.to };
  let candles: Candle[] = [];
  let failure: Failure | undefined;
  try {
    const found = await round.outage.watch(() => fetchUntilPublished(context, round, symbol, range));
    candles = found.candles;
    if (found.halt || candles.at(-1)?.openTime === newest.from) {
      return { ...found, fallbackCandles: [], fallback: null };
    }
  } catch (error) {
    failure = toRecoverableFailure(error);
  }
  const reason = failure?.message ?? `Binance has no candle for ${formatMinute(newest.from)} yet`;
  try {
    const request = {
      symbol,
      range: newest,
      closedUntil: newest.to,
      deadlineMs: FALLBACK_DEADLINE_MS,
      fetched: candles,
    };
    const found = await fetchCheckedFallback(context, request);
    context.onNotice?.(`${symbol}: ${reason}; took ${formatMinute(newest.from)} from ${found.exchange}`);
    return { candles, fallbackCandles: found.candles, fallback: found.exchange, halt: null };
  } catch (error) {
    const fallbackFailure = toRecoverableFailure(error);
    if (failure) throw joinFailures(failure, fallbackFailure);
    context.onNotice?.(`${symbol}: ${reason}; ${fallbackFailure.message}`);
    return { candles, fallbackCandles: [], fallback: null, halt: null };
  }
}

/**
 * Repeats the request until the last minute of the range is published, or until `pollUntil`. The symbol's state is
 * requested before that minute is given up, and at once when the minutes before it are absent, too.
 */
async function fetchUntilPublished(
  context: JobContext,
  { pollUntil, states }: FetchRound,
  symbol: string,
  range: MinuteRange,
): Promise<{ candles: Candle[]; halt: Halt | null }> {
  const { market, signal } = context;
  const newest = range.to - MINUTE_MS;
  const recent = newest - PROBED_MINUTES * MINUTE_MS;
  const probed = { from: Math.min(range.from, recent), to: range.to };
  const deadline = performance.now() + BINANCE_DEADLINE_MS;
  let isStateKnown = false;
  for (;;) {
    const found = await callBinance(context, () =>
      market.fetchCandles(symbol, probed, { signal, deadlineMs: deadline - performance.now() }),
    );
    const last = found.at(-1)?.openTime ?? -Infinity;
    const candles = found.filter(({ openTime }) => openTime >= range.from);
    if (last === newest) return { candles, halt: null };
    const isOver = performance.now() + POLL_MS > pollUntil;
    if (!isStateKnown && (isOver || last < recent)) {
      const halt = await states.findHalt(symbol, newest);
      if (halt) return { candles, halt };
      isStateKnown = true;
    }
    if (isOver) return { candles, halt: null };
    await sleep(POLL_MS, undefined, { signal }).catch(() => throwIfStopped(signal));
  }
}

/** The failure of Binance and all fallback exchanges; it is temporary if one of them is. */
function joinFailures(binance: Failure, fallback: Failure): Failure {
  const isTemporary = [binance, fallback].some(({ kind }) => kind === 'temporary');
  return new Failure(isTemporary ? 'temporary' : 'failed', `${binance.message}; ${fallback.message}`, {
    code: binance.code,
    hint: binance.hint,
    cause: fallback,
  });
}

/** Throws what another exchange cannot replace: an unknown symbol, a wrong configuration, an interruption, or a bug. */
function toRecoverableFailure(error: unknown): Failure {
  const isFinal =
    !(error instanceof Failure) ||
    error.code === 'UNKNOWN_SYMBOL' ||
    ['usage', 'interrupted', 'terminated'].includes(error.kind);
  if (isFinal) throw error;
  return error;
}
