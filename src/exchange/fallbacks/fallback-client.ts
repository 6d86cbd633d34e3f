import type { Candle } from '../../core/candle.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { formatRange, mergeRanges, type MinuteRange, splitRange } from '../../core/range.js';
import { countClosed, requireRangePassed } from '../check-candles.js';
import { type Deadline, withDeadline } from '../http/deadline.js';
import { readResponse } from '../http/read-response.js';
import type { RequestQueue } from '../http/request-queue.js';
import { HostList, requestWithRetries } from '../http/request-with-retries.js';
import type { CallOptions, ExchangeConfig, FallbackCandles, FallbackCheck } from '../market.js';
import type { ServerClock } from '../server-clock.js';
import { type FallbackExchange, type Pair, toCandles } from './fallback-exchange.js';
import { type FallbackName, loadFallback } from './fallbacks.js';
import { splitSymbol } from './split-symbol.js';

const CALL_DEADLINE_MS = 20_000;
/** Short, so that the next exchange is tried soon. */
const REQUEST_BUDGET_MS = 2_000;
const REQUEST_BUDGET_PER_PAGE_MS = 500;
const REQUEST_DEADLINE_MS = 4_000;
const MAX_LIMIT_WAIT_MS = 2_000;
/** The code of the failure of candles that did not pass the check. */
const NOT_TRUSTED = 'NOT_TRUSTED';

type FetchOptions = CallOptions & { check?: FallbackCheck };

/** The requests to the configured fallback exchanges, in their order. */
export class FallbackClient {
  readonly #hosts: readonly Host[];
  readonly #queue: RequestQueue;
  readonly #clock: ServerClock;

  constructor(fallbacks: ExchangeConfig['fallbacks'], queue: RequestQueue, clock: ServerClock) {
    this.#hosts = fallbacks.map(({ name, url }) => ({ name, urls: new HostList([url]) }));
    this.#queue = queue;
    this.#clock = clock;
  }

  /** The candles of the first exchange that has one of the range and is trusted; see Market.fetchFallback. */
  async fetch(symbol: string, range: MinuteRange, options: FetchOptions = {}): Promise<FallbackCandles> {
    const pair = splitSymbol(symbol);
    const endsAt = performance.now() + (options.deadlineMs ?? CALL_DEADLINE_MS);
    const failures: Failure[] = [];
    for (const host of this.#hosts) {
      try {
        const deadlineMs = endsAt - performance.now();
        const candles = await this.#fetchTrusted(host, pair, range, { ...options, deadlineMs });
        const distrusted = failures.filter(({ code }) => code === NOT_TRUSTED).map(({ message }) => message);
        return { exchange: host.name, candles, distrusted };
      } catch (error) {
        throwIfStopped(options.signal);
        if (!(error instanceof Failure)) throw error;
        failures.push(error);
      }
    }
    throw noFallbackFailure(failures, symbol);
  }

  /** The candles of a range; a Failure when there is none or they do not pass the check. */
  async #fetchTrusted(
    host: Host,
    pair: Pair,
    range: MinuteRange,
    { check, ...options }: FetchOptions,
  ): Promise<Candle[]> {
    const found = await this.#fetchRanges(
      host,
      pair,
      mergeRanges([range, ...(check ? [check.compared] : [])]),
      options,
    );
    const candles = found.filter(({ openTime }) => openTime >= range.from && openTime < range.to);
    if (candles.length === 0) throw new Failure('temporary', `${host.name}: no closed candle in ${formatRange(range)}`);
    const problem = check?.findProblem(found);
    if (problem) throw new Failure('failed', `${host.name}: not trusted: ${problem}`, { code: NOT_TRUSTED });
    return candles;
  }

  /** The candles of one configured exchange; see Market.fetchFallbackFrom. */
  async fetchFrom(
    name: FallbackName,
    symbol: string,
    range: MinuteRange,
    options: CallOptions = {},
  ): Promise<Candle[]> {
    const host = this.#hosts.find((candidate) => candidate.name === name);
    if (host) return this.#fetchRanges(host, splitSymbol(symbol), [range], options);
    throw new Failure('usage', `${name} is not among the fallback exchanges`, { hint: 'see CHARTCTL_FALLBACK' });
  }

  /** @param ranges ordered and disjoint */
  async #fetchRanges(
    { name, urls }: Host,
    pair: Pair,
    ranges: readonly MinuteRange[],
    options: CallOptions,
  ): Promise<Candle[]> {
    const exchange = await loadFallback(name);
    const pages = ranges.flatMap((range) => splitRange(range, exchange.pageMinutes));
    const requestBudgetMs = REQUEST_BUDGET_MS + pages.length * REQUEST_BUDGET_PER_PAGE_MS;
    const { signal, deadlineMs = CALL_DEADLINE_MS } = options;
    const limits = { signal, deadlineMs, requestBudgetMs, maxWaitMs: MAX_LIMIT_WAIT_MS };
    try {
      return await withDeadline(limits, async (deadline) => {
        const candles: Candle[] = [];
        for (const page of pages) {
          const attempt = (baseUrl: string) => this.#fetchPage(exchange, { baseUrl, pair, page }, deadline);
          candles.push(...(await requestWithRetries(urls, attempt, deadline)));
        }
        return candles;
      });
    } catch (error) {
      throwIfStopped(signal);
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.kind, `${name}: ${error.message}`, { code: error.code, cause: error });
    }
  }

  async #fetchPage(
    exchange: FallbackExchange,
    { baseUrl, pair, page }: PageRequest,
    deadline: Deadline,
  ): Promise<Candle[]> {
    const url = baseUrl + exchange.request(pair, page, Date.now());
    const send = () => this.#queue.sendGet(url, { signal: deadline.signal, deadlineMs: REQUEST_DEADLINE_MS });
    const response = await this.#queue.run(send, deadline);
    const found = exchange.read(readResponse(response, new URL(baseUrl).host), pair);
    requireRangePassed(page, response, this.#clock);
    const candles = toCandles(found, page);
    const openTimes = candles.map(({ openTime }) => openTime);
    return candles.slice(0, countClosed(openTimes, response));
  }
}

interface Host {
  name: FallbackName;
  urls: HostList;
}

interface PageRequest {
  baseUrl: string;
  pair: Pair;
  page: MinuteRange;
}

function noFallbackFailure(failures: readonly Failure[], symbol: string): Failure {
  const reasons = failures.map(({ message }) => message).join('; ');
  const verb = failures.some(({ code }) => code === NOT_TRUSTED) ? 'can be used for' : 'has';
  const isTemporary = failures.some(({ kind }) => kind === 'temporary');
  return new Failure(
    isTemporary ? 'temporary' : 'failed',
    `no fallback exchange ${verb} ${symbol}: ${reasons || 'none is configured'}`,
    { code: 'NO_FALLBACK' },
  );
}
