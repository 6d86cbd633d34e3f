import type { ServerResponse } from 'node:http';
import { MINUTE_MS } from '../../src/core/minute.js';
import { intersect, type MinuteRange } from '../../src/core/range.js';
import { FALLBACK_NAMES, type FallbackName } from '../../src/exchange/fallbacks/fallbacks.js';
import { type ExchangeConfig } from '../../src/exchange/market.js';
import type { CandleSource } from '../../src/exchange/replay/candle-source.js';
import {
  type ReplayAnswer,
  type ReplayRequest,
  startReplay,
  writeAnswer,
} from '../../src/exchange/replay/start-replay.js';
import { FALLBACK_ANSWERS } from './fallback-answers.js';
import { createFaultQueue, type Faults, sendFaulty } from './faults.js';
import { type LoggedRequest, logRequest, symbolOf } from './request-log.js';
import { type VirtualClock, virtualClock } from './virtual-clock.js';
import { createWeightLimit } from './weight-limit.js';

export interface LoopbackOptions {
  binance: CandleSource;
  /** Only these are configured as fallback exchanges, in the default order. */
  fallbacks?: Partial<Record<FallbackName, CandleSource>>;
  /** The start of the exchange's clock, which is stopped. */
  nowMs: number;
  /** Responds with 429 above this weight per minute, and with 418 when requests continue. Default: no limit. */
  enforceWeight?: number;
}

export interface Loopback {
  url: string;
  /** The environment variables of a process that uses this exchange. */
  environment: Record<string, string>;
  /** The argument of `openMarket`. */
  config: ExchangeConfig;
  clock: VirtualClock;
  faults: Faults;
  /** All requests in the order of arrival; clear it with `requests.length = 0`. */
  requests: LoggedRequest[];
  /** The number of requests whose response is not finished yet. */
  unanswered(): number;
  /** Delays the publication of each Binance candle after the end of its minute. */
  publishLate(delayMs: number): void;
  /** Hides a range of Binance's candles. */
  hide(symbol: string, range: MinuteRange): void;
  /** Sets the state of a symbol in `exchangeInfo`; `undefined` is a symbol that Binance does not know any more. */
  setState(symbol: string, state: 'TRADING' | 'HALT' | 'BREAK' | undefined): void;
  /** Removes the delay, shows all candles again and lets every symbol trade. */
  reveal(): void;
  close(): Promise<void>;
}

/**
 * Starts Binance and up to four fallback exchanges on 127.0.0.1, with a virtual clock, faults and a request log.
 *
 * @example
 * const candles = generateCandles('BTCUSDT', { from, to });
 * const exchange = await startLoopback({
 *   binance: memorySource({ BTCUSDT: candles }),
 *   fallbacks: { bybit: memorySource({ BTCUSDT: candles }) },
 *   nowMs: Date.parse('2025-06-01T12:00:05Z'),
 * });
 * const market = openMarket(exchange.config);               // or: run(argv, { env: { ...exchange.environment } })
 * exchange.faults.next(fault.tooMany(1));                    // the next request, whatever it is
 * exchange.faults.always(fault.restricted(), { exchange: 'binance', symbol: 'BTCUSDT' });
 * exchange.clock.advance(60_000);
 * exchange.requests.map((request) => request.path);          // ['/api/v3/klines', ...]
 * await exchange.close();
 */
export async function startLoopback(options: LoopbackOptions): Promise<Loopback> {
  const clock = virtualClock(options.nowMs);
  const faults = createFaultQueue();
  const requests: LoggedRequest[] = [];
  let unanswered = 0;
  const binance = limitVisibility(options.binance, clock);
  const weightLimiter = createWeightLimit(options.enforceWeight ?? Infinity, () => clock.now());

  const send = async (request: ReplayRequest, answer: ReplayAnswer, response: ServerResponse) => {
    const routed = routeFallback(request, options.fallbacks ?? {}, clock.now());
    const own = request.path.startsWith('/archive') ? 'archive' : 'binance';
    const entry = logRequest(routed?.exchange ?? own, routed?.request ?? request, clock.now());
    requests.push(entry);
    unanswered += 1;
    const correct = routed?.answer ?? (own === 'archive' ? answer : weightLimiter.apply(answer));
    const fault = faults.take(entry);
    entry.status = correct.status;
    if (fault) entry.status = await sendFaulty(fault, correct, response);
    else writeAnswer(correct, response);
    unanswered -= 1;
  };

  const weightLimit = options.enforceWeight ?? 6000;
  const { source, states } = binance;
  const replay = await startReplay({ candles: source, states, now: () => clock.now(), weightLimit, send });
  const names = FALLBACK_NAMES.filter((name) => options.fallbacks?.[name]);
  const fallbacks = names.map((name) => ({ name, url: `${replay.url}/${name}` }));
  return {
    url: replay.url,
    environment: {
      CHARTCTL_BINANCE_URL: replay.url,
      CHARTCTL_ARCHIVE_URL: replay.archive.url,
      CHARTCTL_ARCHIVE_LISTING_URL: replay.archive.listingUrl,
      CHARTCTL_FALLBACK: names.join(','),
      ...Object.fromEntries(fallbacks.map(({ name, url }) => [`CHARTCTL_${name.toUpperCase()}_URL`, url])),
    },
    config: { binanceUrls: [replay.url], archive: replay.archive, fallbacks },
    clock,
    faults,
    requests,
    unanswered: () => unanswered,
    publishLate: binance.publishLate,
    hide: binance.hide,
    setState: binance.setState,
    reveal: binance.reveal,
    close: () => replay.close(),
  };
}

/** A source of which ranges and symbols can be hidden and the newest candles delayed. */
function limitVisibility(source: CandleSource, clock: VirtualClock) {
  let lateMs: number | undefined;
  const hidden = new Map<string, MinuteRange[]>();
  const states = new Map<string, string>();
  const removed = new Set<string>();
  const candles = (symbol: string, range: MinuteRange) => {
    const published = lateMs === undefined ? Infinity : clock.now() - lateMs - MINUTE_MS + 1;
    const seen = intersect(range, { from: -Infinity, to: published });
    const isHidden = (minute: number) =>
      (hidden.get(symbol) ?? []).some(({ from, to }) => from <= minute && minute < to);
    return source.candles(symbol, seen).filter((candle) => !isHidden(candle.openTime));
  };
  return {
    source: { ...source, candles, symbols: () => source.symbols().filter((symbol) => !removed.has(symbol)) },
    states,
    setState: (symbol: string, state: string | undefined) => {
      if (state === undefined) removed.add(symbol);
      else states.set(symbol, state);
    },
    publishLate: (delayMs: number) => (lateMs = delayMs),
    hide: (symbol: string, range: MinuteRange) => hidden.set(symbol, [...(hidden.get(symbol) ?? []), range]),
    reveal: () => {
      lateMs = undefined;
      hidden.clear();
      states.clear();
      removed.clear();
    },
  };
}

/** The response of the fallback exchange whose prefix the path has, if any. */
function routeFallback(
  { path, query }: ReplayRequest,
  sources: NonNullable<LoopbackOptions['fallbacks']>,
  nowMs: number,
) {
  const exchange = FALLBACK_NAMES.find((name) => path.startsWith(`/${name}/`));
  const source = exchange && sources[exchange];
  if (!source) return undefined;
  const request = { path: path.slice(exchange.length + 1), query };
  const symbol = symbolOf(request) ?? '';
  const { status, body } = FALLBACK_ANSWERS[exchange]({ ...request, symbol, source, nowMs });
  const headers = { 'content-type': 'application/json', date: new Date(nowMs).toUTCString() };
  return { exchange, request, answer: { status, headers, body: JSON.stringify(body) } };
}
