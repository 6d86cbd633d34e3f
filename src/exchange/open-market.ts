import { Failure, throwIfStopped } from '../core/failure.js';
import { countMinutes } from '../core/range.js';
import { BinanceHttp } from './binance/binance-http.js';
import { Binance } from './binance/binance.js';
import type { ExchangeConfig } from './exchange-config.js';
import { FallbackClient } from './fallbacks/fallback-client.js';
import { type Deadline, withDeadline } from './http/deadline.js';
import { RequestQueue } from './http/request-queue.js';
import type { CallOptions, ExchangeClock, Market } from './market.js';
import { ServerClock } from './server-clock.js';

/** How exchanges are asked. */
export interface MarketOptions {
  /** Requests in flight at most; 4 if not given. */
  concurrency?: number;
  /** How long one call may wait for rate limits, in milliseconds; 60 s if not given. */
  maxWaitMs?: number;
  /** Told about waits, retries and a changed base URL. */
  onNotice?: (message: string) => void;
}

/** No attempt begins later: with the last one, hosts that refuse or cannot be found are given up within 10 s. */
const REQUEST_BUDGET_MS = 9_000;
const CLOCK_DEADLINE_MS = 3_000;
const MAX_MINUTES = 1000;

/** Opens the exchanges that the configuration names; nothing is asked yet, and nothing needs closing. */
export function openMarket(config: ExchangeConfig, options: MarketOptions = {}): Market {
  const { concurrency = 4, maxWaitMs = 60_000, onNotice = () => undefined } = options;
  const line = new RequestQueue(concurrency);
  const asker = new BinanceHttp(config.binanceUrls, line, onNotice);
  const time = new ServerClock();
  const binance = new Binance(asker, time);
  const fallbacks = new FallbackClient(config.fallbacks, line, time);
  const inTime = <T>(call: CallOptions | undefined, body: (time: Deadline) => Promise<T>) =>
    withDeadline({ ...call, requestBudgetMs: REQUEST_BUDGET_MS, maxWaitMs }, body);

  return {
    readClock: (signal) => readClock(binance, signal),
    fetchCandles: async (symbol, range, call) => {
      const minutes = countMinutes(range);
      if (minutes > MAX_MINUTES) throw new RangeError(`asked for ${minutes} minutes, expected at most ${MAX_MINUTES}`);
      return minutes === 0 ? [] : inTime(call, (time) => binance.fetchCandles(symbol, range, time));
    },
    findFirstMinute: (symbol, before, call) => inTime(call, (time) => binance.findFirstMinute(symbol, before, time)),
    fetchFallback: (symbol, range, call) => fallbacks.fetch(symbol, range, call),
    fallbacks: config.fallbacks.map(({ name }) => name),
    fetchFallbackFrom: (exchange, symbol, range, call) => fallbacks.fetchFrom(exchange, symbol, range, call),
    getSymbolStatus: async (symbol, call) =>
      (await inTime(call, (time) => binance.describeSymbol(symbol, time))).status,
    concurrency,
    usage: () => ({ requests: line.requests, weight: asker.weight }),
  };
}

async function readClock(binance: Binance, signal: AbortSignal | undefined): Promise<ExchangeClock> {
  try {
    const limits = { deadlineMs: CLOCK_DEADLINE_MS, requestBudgetMs: CLOCK_DEADLINE_MS, maxWaitMs: CLOCK_DEADLINE_MS };
    const { nowMs, skewMs } = await withDeadline({ signal, ...limits }, (time) => binance.readTime(time));
    return { nowMs, source: 'exchange', skewMs };
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    return { nowMs: Date.now(), source: 'local', skewMs: null, problem: error.message };
  }
}
