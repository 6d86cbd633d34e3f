import type { Candle } from '../../core/candle.js';
import type { ExchangeConfig, FallbackName } from '../../core/config.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { formatRange, splitRange, type MinuteRange } from '../../core/range.js';
import { askInTurn } from '../ask-in-turn.js';
import { withCallTime, type CallTime } from '../call-time.js';
import { closedCandles, requirePassed } from '../closed-candles.js';
import { HostList } from '../host-list.js';
import type { KnownTime } from '../known-time.js';
import type { CallOptions, FallbackCandles } from '../market.js';
import { readAnswer } from '../read-answer.js';
import type { RequestLine } from '../request-line.js';
import { splitSymbol, type Pair } from '../split-symbol.js';
import { bybit } from './bybit.js';
import { coinbase } from './coinbase.js';
import type { FallbackExchange } from './fallback-exchange.js';
import { kraken } from './kraken.js';
import { okx } from './okx.js';
import { toCandles } from './to-candles.js';

const EXCHANGES: Readonly<Record<FallbackName, FallbackExchange>> = { bybit, okx, kraken, coinbase };
const CALL_DEADLINE_MS = 20_000;
/** A fallback that does not answer soon gives way to the next one. */
const PATIENCE_MS = 2_000;
const PATIENCE_PER_PAGE_MS = 500;
const REQUEST_DEADLINE_MS = 4_000;
const LONGEST_LIMIT_WAIT_MS = 2_000;

/** The fallback exchanges of a configuration, in their order. */
export class Fallbacks {
  readonly #hosts: readonly Host[];
  readonly #line: RequestLine;
  readonly #time: KnownTime;

  constructor(fallbacks: ExchangeConfig['fallbacks'], line: RequestLine, time: KnownTime) {
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
    throw summarise(failures, symbol);
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
    const patienceMs = PATIENCE_MS + pages.length * PATIENCE_PER_PAGE_MS;
    const { signal, deadlineMs = CALL_DEADLINE_MS } = options;
    const limits = { signal, deadlineMs, patienceMs, maxWaitMs: LONGEST_LIMIT_WAIT_MS };
    try {
      return await withCallTime(limits, (time) => this.#fetchPages(exchange, { pair, pages, hosts }, time));
    } catch (error) {
      throwIfStopped(signal);
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.kind, `${name}: ${error.message}`, { code: error.code, cause: error });
    }
  }

  async #fetchPages(exchange: FallbackExchange, { pair, pages, hosts }: Work, time: CallTime): Promise<Candle[]> {
    const candles: Candle[] = [];
    for (const page of pages) {
      const attempt = (baseUrl: string) => this.#fetchPage(exchange, { baseUrl, pair, page }, time);
      candles.push(...(await askInTurn(hosts, attempt, time)));
    }
    return candles;
  }

  async #fetchPage(exchange: FallbackExchange, { baseUrl, pair, page }: Page, time: CallTime): Promise<Candle[]> {
    const url = baseUrl + exchange.request(pair, page, Date.now());
    const send = () => this.#line.sendGet(url, { signal: time.signal, deadlineMs: REQUEST_DEADLINE_MS });
    const answer = await this.#line.pass(send, time);
    const found = exchange.read(readAnswer(answer, new URL(baseUrl).host), pair);
    requirePassed(page, answer, this.#time);
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

function summarise(failures: readonly Failure[], symbol: string): Failure {
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
