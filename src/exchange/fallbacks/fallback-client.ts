import type { Candle } from '../../core/candle.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { formatRange, type MinuteRange, splitRange } from '../../core/range.js';
import { closedCandles, requireRangePassed } from '../check-candles.js';
import type { ExchangeConfig, FallbackName } from '../exchange-config.js';
import { type Deadline, withDeadline } from '../http/deadline.js';
import { readResponse } from '../http/read-response.js';
import type { RequestQueue } from '../http/request-queue.js';
import { HostList, requestWithRetries } from '../http/request-with-retries.js';
import type { CallOptions, FallbackCandles } from '../market.js';
import type { ServerClock } from '../server-clock.js';
import { bybit } from './bybit.js';
import { coinbase } from './coinbase.js';
import { type FallbackExchange, type Pair, toCandles } from './fallback-exchange.js';
import { kraken } from './kraken.js';
import { okx } from './okx.js';
import { splitSymbol } from './split-symbol.js';

const EXCHANGES: Readonly<Record<FallbackName, FallbackExchange>> = { bybit, okx, kraken, coinbase };
const CALL_DEADLINE_MS = 20_000;
/** A fallback that does not answer soon gives way to the next one. */
const REQUEST_BUDGET_MS = 2_000;
const REQUEST_BUDGET_PER_PAGE_MS = 500;
const REQUEST_DEADLINE_MS = 4_000;
const MAX_LIMIT_WAIT_MS = 2_000;

/** The fallback exchanges of a configuration, in their order. */
export class FallbackClient {
  readonly #hosts: readonly Host[];
  readonly #line: RequestQueue;
  readonly #time: ServerClock;

  constructor(fallbacks: ExchangeConfig['fallbacks'], line: RequestQueue, time: ServerClock) {
    this.#time = time;
    this.#hosts = fallbacks.map(({ name, url }) => ({ name, exchange: EXCHANGES[name], hosts: new HostList([url]) }));
    this.#line = line;
  }

  /** The candles of the first exchange that has one of the range; see Market.fetchFallback. */
  async fetch(symbol: string, range: MinuteRange, options: CallOptions = {}): Promise<FallbackCandles> {
    const pair = splitSymbol(symbol);
    const endsAt = performance.now() + (options.deadlineMs ?? CALL_DEADLINE_MS);
    const failures: Failure[] = [];
    for (const host of this.#hosts) {
      try {
        const deadlineMs = endsAt - performance.now();
        const candles = await this.#fetchRange(host, pair, range, { ...options, deadlineMs });
        if (candles.length > 0) return { exchange: host.name, candles };
        failures.push(new Failure('temporary', `${host.name}: no closed candle in ${formatRange(range)}`));
      } catch (error) {
        throwIfStopped(options.signal);
        if (!(error instanceof Failure)) throw error;
        failures.push(error);
      }
    }
    throw noFallbackFailure(failures, symbol);
  }

  /** The candles of one exchange of the configuration; see Market.fetchFallbackFrom. */
  async fetchFrom(
    name: FallbackName,
    symbol: string,
    range: MinuteRange,
    options: CallOptions = {},
  ): Promise<Candle[]> {
    const host = this.#hosts.find((candidate) => candidate.name === name);
    if (host) return this.#fetchRange(host, splitSymbol(symbol), range, options);
    throw new Failure('usage', `${name} is not among the fallback exchanges`, { hint: 'see CHARTCTL_FALLBACK' });
  }

  async #fetchRange(host: Host, pair: Pair, range: MinuteRange, options: CallOptions): Promise<Candle[]> {
    const { name, exchange, hosts } = host;
    const pages = splitRange(range, exchange.pageMinutes);
    const requestBudgetMs = REQUEST_BUDGET_MS + pages.length * REQUEST_BUDGET_PER_PAGE_MS;
    const { signal, deadlineMs = CALL_DEADLINE_MS } = options;
    const limits = { signal, deadlineMs, requestBudgetMs, maxWaitMs: MAX_LIMIT_WAIT_MS };
    try {
      return await withDeadline(limits, (time) => this.#fetchPages(exchange, { pair, pages, hosts }, time));
    } catch (error) {
      throwIfStopped(signal);
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.kind, `${name}: ${error.message}`, { code: error.code, cause: error });
    }
  }

  async #fetchPages(exchange: FallbackExchange, { pair, pages, hosts }: Work, time: Deadline): Promise<Candle[]> {
    const candles: Candle[] = [];
    for (const page of pages) {
      const attempt = (baseUrl: string) => this.#fetchPage(exchange, { baseUrl, pair, page }, time);
      candles.push(...(await requestWithRetries(hosts, attempt, time)));
    }
    return candles;
  }

  async #fetchPage(exchange: FallbackExchange, { baseUrl, pair, page }: Page, time: Deadline): Promise<Candle[]> {
    const url = baseUrl + exchange.request(pair, page, Date.now());
    const send = () => this.#line.sendGet(url, { signal: time.signal, deadlineMs: REQUEST_DEADLINE_MS });
    const answer = await this.#line.run(send, time);
    const found = exchange.read(readResponse(answer, new URL(baseUrl).host), pair);
    requireRangePassed(page, answer, this.#time);
    return closedCandles(toCandles(found, page), answer);
  }
}

interface Host {
  name: FallbackName;
  exchange: FallbackExchange;
  hosts: HostList;
}

interface Work {
  pair: Pair;
  pages: MinuteRange[];
  hosts: HostList;
}

interface Page {
  baseUrl: string;
  pair: Pair;
  page: MinuteRange;
}

function noFallbackFailure(failures: readonly Failure[], symbol: string): Failure {
  const reasons = failures.map(({ message }) => message).join('; ');
  const mayPass = failures.some(({ kind }) => kind === 'temporary');
  return new Failure(
    mayPass ? 'temporary' : 'failed',
    `no fallback exchange has ${symbol}: ${reasons || 'none is configured'}`,
    {
      code: 'NO_FALLBACK',
    },
  );
}
