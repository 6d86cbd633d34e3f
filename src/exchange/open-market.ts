import { Failure, throwIfStopped } from '../core/failure.js';
import { DEFAULTS } from '../core/limits.js';
import { countMinutes } from '../core/range.js';
import { createColumns, toCandles } from '../rows/candle-columns.js';
import type { Archive } from './archive/open-archive.js';
import { Binance } from './binance/binance.js';
import { BinanceHttp } from './binance/binance-http.js';
import { FallbackClient } from './fallbacks/fallback-client.js';
import { type Deadline, withDeadline } from './http/deadline.js';
import { RequestQueue } from './http/request-queue.js';
import type { CallOptions, ExchangeClock, ExchangeConfig, Market } from './market.js';
import { ServerClock } from './server-clock.js';

/** How requests are made. */
export interface MarketOptions {
  /** Requests in flight at most; 4 if not given. */
  concurrency?: number;
  /** How long one call may wait for rate limits, in milliseconds; 60 s if not given. */
  maxWaitMs?: number;
  /** Called for waits, retries and a changed base URL. */
  onNotice?: (message: string) => void;
}

/** A market whose clock goes on after it was read. */
export interface OpenMarket extends Market {
  /** The time by the last `readClock`, epoch milliseconds; undefined before the first. */
  now(): number | undefined;
}

/** No attempt begins later: with the last one, hosts that refuse or cannot be found are given up within 10 s. */
const REQUEST_BUDGET_MS = 9_000;
const CLOCK_DEADLINE_MS = 3_000;
const MAX_MINUTES = 1000;

/** Opens the configured exchanges. No request is sent yet, and nothing needs closing. */
export function openMarket(config: ExchangeConfig, options: MarketOptions = {}): OpenMarket {
  const { concurrency = 4, maxWaitMs = DEFAULTS.maxWaitSeconds * 1000, onNotice = () => undefined } = options;
  const queue = new RequestQueue(concurrency, config.proxies);
  const serverClock = new ServerClock();
  const http = new BinanceHttp(config.binanceUrls, queue, serverClock, onNotice);
  const binance = new Binance(http, serverClock);
  const fallbacks = new FallbackClient(config.fallbacks, queue, serverClock);
  let lastClock: ExchangeClock | undefined;
  let archive: Archive | undefined;
  const withLimits = <T>(call: CallOptions | undefined, body: (deadline: Deadline) => Promise<T>) =>
    withDeadline({ ...call, requestBudgetMs: REQUEST_BUDGET_MS, maxWaitMs }, body);
  const fetchColumns: Market['fetchColumns'] = async (symbol, range, call) => {
    const minutes = countMinutes(range);
    if (minutes > MAX_MINUTES) throw new RangeError(`expected at most ${MAX_MINUTES} minutes, got ${minutes}`);
    if (minutes === 0) return createColumns(0);
    return withLimits(call, (deadline) => binance.fetchCandles(symbol, range, deadline, call?.onOffMinute));
  };

  const openArchiveOnce = async () => {
    const { openArchive } = await import('./archive/open-archive.js');
    return (archive ??= openArchive(config.archive, { proxies: config.proxies, onNotice }));
  };

  return {
    readClock: async (signal) => (lastClock = await readClock(binance, signal)),
    now: () => lastClock && (lastClock.source === 'local' ? Date.now() : serverClock.nowMs),
    fetchCandles: async (symbol, range, call) => toCandles(await fetchColumns(symbol, range, call)),
    fetchColumns,
    findFirstMinute: (symbol, before, call) =>
      withLimits(call, (deadline) => binance.findFirstMinute(symbol, before, deadline)),
    findLastMinute: (symbol, before, call) =>
      withLimits(call, (deadline) => binance.findLastMinute(symbol, before, deadline)),
    fetchFallback: (symbol, range, call) => fallbacks.fetch(symbol, range, call),
    fallbacks: config.fallbacks.map(({ name }) => name),
    fetchFallbackFrom: (exchange, symbol, range, call) => fallbacks.fetchFrom(exchange, symbol, range, call),
    getSymbolStatus: async (symbol, call) =>
      (await withLimits(call, (deadline) => binance.describeSymbol(symbol, deadline))).status,
    getSymbolStates: (symbols, call) => withLimits(call, (deadline) => binance.describeSymbols(symbols, deadline)),
    listSymbols: (call) => withLimits(call, (deadline) => binance.listSymbols(deadline)),
    ...(hasArchive(config) && { openArchive: openArchiveOnce }),
    concurrency,
    usage: () => ({ requests: queue.requests, weight: http.weight }),
  };
}

/** Hosts whose candles are those of Binance's public archive. */
const BINANCE_HOST = /^(api[\w-]*\.binance\.com|data-api\.binance\.vision)$/;

/** Binance's archive belongs to Binance's own hosts: another base URL may be another market, such as a test network. */
function hasArchive({ archive, binanceUrls }: ExchangeConfig): boolean {
  return archive !== undefined || binanceUrls.every((url) => BINANCE_HOST.test(new URL(url).hostname));
}

async function readClock(binance: Binance, signal: AbortSignal | undefined): Promise<ExchangeClock> {
  try {
    const limits = { deadlineMs: CLOCK_DEADLINE_MS, requestBudgetMs: CLOCK_DEADLINE_MS, maxWaitMs: CLOCK_DEADLINE_MS };
    const { nowMs, skewMs } = await withDeadline({ signal, ...limits }, (deadline) => binance.readTime(deadline));
    return { nowMs, source: 'exchange', skewMs };
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    return { nowMs: Date.now(), source: 'local', skewMs: null, problem: error.message };
  }
}
