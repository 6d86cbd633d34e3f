import type { ExchangeConfig } from '../core/config.js';
import { Failure, throwIfStopped } from '../core/failure.js';
import { countMinutes } from '../core/range.js';
import { BinanceAsker } from './binance-asker.js';
import { Binance } from './binance.js';
import { withCallTime, type CallTime } from './call-time.js';
import { Fallbacks } from './fallbacks/ask-fallbacks.js';
import { KnownTime } from './known-time.js';
import type { CallOptions, ExchangeClock, Market } from './market.js';
import { RequestLine } from './request-line.js';

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
const PATIENCE_MS = 9_000;
const CLOCK_DEADLINE_MS = 3_000;
const MOST_MINUTES = 1000;

/** Opens the exchanges that the configuration names; nothing is asked yet, and nothing needs closing. */
export function openMarket(config: ExchangeConfig, options: MarketOptions = {}): Market {
  const { concurrency = 4, maxWaitMs = 60_000, onNotice = () => undefined } = options;
  const line = new RequestLine(concurrency);
  const asker = new BinanceAsker(config.binanceUrls, line, onNotice);
  const time = new KnownTime();
  const binance = new Binance(asker, time);
  const fallbacks = new Fallbacks(config.fallbacks, line, time);
  const inTime = <T>(call: CallOptions | undefined, body: (time: CallTime) => Promise<T>) =>
    withCallTime({ ...call, patienceMs: PATIENCE_MS, maxWaitMs }, body);

  return {
    readClock: (signal) => readClock(binance, signal),
    fetchCandles: async (symbol, range, call) => {
      const minutes = countMinutes(range);
      if (minutes > MOST_MINUTES)
        throw new RangeError(`asked for ${minutes} minutes, expected at most ${MOST_MINUTES}`);
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
    const limits = { deadlineMs: CLOCK_DEADLINE_MS, patienceMs: CLOCK_DEADLINE_MS, maxWaitMs: CLOCK_DEADLINE_MS };
    const { nowMs, skewMs } = await withCallTime({ signal, ...limits }, (time) => binance.readTime(time));
    return { nowMs, source: 'exchange', skewMs };
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    return { nowMs: Date.now(), source: 'local', skewMs: null, problem: error.message };
  }
}
