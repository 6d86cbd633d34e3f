import { Failure } from '../../core/failure.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { CandleColumns } from '../../rows/candle-columns.js';
import { findThrottle, saveThrottle } from '../../tables/throttle.js';
import type { JobContext } from '../job.js';

/** The maximum of minutes in one klines request. */
export const REQUEST_MINUTES = 1000;
/** The weight of a klines request in Binance's rate limit. */
export const REQUEST_WEIGHT = 2;
/** Binance may publish a candle this late. A minute still missing after it counts as absent at the exchange. */
export const PUBLICATION_DELAY_MS = 5 * MINUTE_MS;

/** The key of Binance's row in the throttle table. */
const BINANCE = 'binance';
/** The assumed length of a ban for which Binance states no end. */
const DEFAULT_BAN_MS = 120_000;
/** Requests in progress or answered but not yet consumed: enough to keep the exchange busy while rows are written. */
const MAX_REQUESTS_AHEAD = 32;

/** The minutes to fetch, and the requests for them. */
export interface FetchPlan {
  /** Ordered. */
  wanted: MinuteRange[];
  /** Ordered, each of at most 1,000 minutes; a request may span minutes between wanted ones. */
  requests: MinuteRange[];
}

/** The answer to one request of a `FetchPlan`. */
export interface FetchedRange {
  request: MinuteRange;
  candles: CandleColumns;
  /** The minutes of which Binance has candles off the minute, ordered. */
  offMinute: Minute[];
}

/**
 * Sends a request to Binance. If it fails because of a ban or a spent rate limit, that is stored for the other
 * processes.
 *
 * @throws whatever `send` throws
 */
export async function callBinance<T>({ store }: JobContext, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Failure && (error.code === 'BANNED' || error.code === 'RATE_LIMITED')) {
      await saveThrottle(store.knex, BINANCE, error.retryAfterMs ?? DEFAULT_BAN_MS, error.message);
    }
    throw error;
  }
}

/** @throws Failure (temporary) `THROTTLED` during a ban or while the rate limit is spent, whichever process caused it */
export async function requireNoThrottle(context: JobContext): Promise<void> {
  const failure = await findThrottleFailure(context);
  if (failure) throw failure;
}

/** The failure that replaces every request during a ban or while the rate limit is spent. */
export async function findThrottleFailure({ store }: JobContext): Promise<Failure | null> {
  const throttle = await findThrottle(store.knex, BINANCE);
  if (!throttle) return null;
  const until = throttle.until.toISOString();
  return new Failure('temporary', `no requests to Binance until ${until}: ${throttle.reason}`, {
    code: 'THROTTLED',
    retryAfterMs: throttle.remainingMs,
    hint: 'try again after that time',
  });
}

/** Sends the requests concurrently and yields the answers in the order of the requests. */
export async function* fetchInOrder(
  context: JobContext,
  symbol: string,
  requests: readonly MinuteRange[],
): AsyncGenerator<FetchedRange> {
  const { market, signal } = context;
  const inProgress: Promise<FetchedRange>[] = [];
  let next = 0;
  const fill = () => {
    while (inProgress.length < MAX_REQUESTS_AHEAD && next < requests.length) {
      const request = requests[next++]!;
      const offMinute: Minute[] = [];
      const onOffMinute = (minutes: readonly Minute[]) => void offMinute.push(...minutes);
      const answer = callBinance(context, () => market.fetchColumns(symbol, request, { signal, onOffMinute }));
      const fetched = answer.then((candles) => ({ request, candles, offMinute }));
      fetched.catch(() => undefined); // thrown again by the await below; until then it is not an unhandled rejection
      inProgress.push(fetched);
    }
  };
  for (fill(); inProgress.length > 0; fill()) yield await inProgress.shift()!;
}

/** Requests that cover the wanted minutes in order. Ranges that fit into one request share it. */
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
