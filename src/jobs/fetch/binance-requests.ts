import type { Candle } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { findThrottle, saveThrottle } from '../../tables/throttle.js';
import type { JobContext } from '../job.js';

const BINANCE = 'binance';
/** A ban without a stated end is taken to last this long. */
const DEFAULT_BAN_MS = 120_000;

/**
 * Asks Binance, unless a ban or a spent budget that any process met is still in force; one that is met now is remembered.
 *
 * @throws Failure (temporary) `THROTTLED` without any request, or whatever `ask` throws
 */
export async function callBinance<T>({ store }: JobContext, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Failure && (error.code === 'BANNED' || error.code === 'RATE_LIMITED')) {
      await saveThrottle(store.knex, BINANCE, error.retryAfterMs ?? DEFAULT_BAN_MS, error.message);
    }
    throw error;
  }
}

/** @throws Failure (temporary) `THROTTLED` while a ban or a spent budget is in force */
export async function requireNoThrottle(context: JobContext): Promise<void> {
  const failure = await findThrottleFailure(context);
  if (failure) throw failure;
}

/** The failure that every request would be, while a ban or a spent budget is in force. */
export async function findThrottleFailure({ store }: JobContext): Promise<Failure | null> {
  const throttle = await findThrottle(store.knex, BINANCE);
  if (!throttle) return null;
  return new Failure(
    'temporary',
    `Binance must be left alone until ${throttle.until.toISOString()}: ${throttle.reason}`,
    {
      code: 'THROTTLED',
      retryAfterMs: throttle.remainingMs,
      hint: 'try again after that time',
    },
  );
}

/** Requests under way or answered and not yet taken: enough to keep the exchange busy while rows are written. */
const MAX_REQUESTS_AHEAD = 16;

export interface FetchedRange {
  request: MinuteRange;
  candles: Candle[];
}

/** Asks Binance for ranges side by side and gives the answers in the ranges' order. */
export async function* fetchInOrder(
  context: JobContext,
  symbol: string,
  requests: readonly MinuteRange[],
): AsyncGenerator<FetchedRange> {
  const { market, signal } = context;
  const underWay: Promise<FetchedRange>[] = [];
  let next = 0;
  const fill = () => {
    while (underWay.length < MAX_REQUESTS_AHEAD && next < requests.length) {
      const request = requests[next++]!;
      const answer = callBinance(context, () => market.fetchCandles(symbol, request, { signal }));
      const fetched = answer.then((candles) => ({ request, candles }));
      fetched.catch(() => undefined); // it is thrown on where it is awaited, in its turn
      underWay.push(fetched);
    }
  };
  for (fill(); underWay.length > 0; fill()) yield await underWay.shift()!;
}

/** The most minutes that one klines request carries. */
export const REQUEST_MINUTES = 1000;
/** What Binance charges for a klines request. */
export const REQUEST_WEIGHT = 2;

export interface FetchPlan {
  /** The minutes to ask for: missing and suspect ones, and the missing look-back before them. */
  wanted: MinuteRange[];
  /** The requests that fetch them, each of at most 1,000 minutes. */
  requests: MinuteRange[];
}

/** Requests that cover the wanted minutes in order; stretches that fit into one request share it. */
export function packRequests(wanted: readonly MinuteRange[]): MinuteRange[] {
  const requests: MinuteRange[] = [];
  for (const range of wanted) {
    let from = range.from;
    const last = requests.at(-1);
    if (last) {
      const reach = last.from + REQUEST_MINUTES * MINUTE_MS;
      if (from < reach) {
        last.to = Math.min(range.to, reach);
        from = last.to;
      }
    }
    for (; from < range.to; from += REQUEST_MINUTES * MINUTE_MS) {
      requests.push({ from, to: Math.min(range.to, from + REQUEST_MINUTES * MINUTE_MS) });
    }
  }
  return requests;
}
/** A minute that the exchange has not published after this time is one that it does not have. */
export const PUBLICATION_DELAY_MS = 5 * MINUTE_MS;
