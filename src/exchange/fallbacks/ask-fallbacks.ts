import type { Candle } from '../../core/candle.js';
import type { ExchangeConfig, FallbackName } from '../../core/config.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { formatRange, splitRange, type MinuteRange } from '../../core/range.js';
import { askInTurn } from '../ask-in-turn.js';
import { withCallTime, type CallTime } from '../call-time.js';
import { closedCandles } from '../closed-candles.js';
import { HostList } from '../host-list.js';
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
  readonly #hosts: readonly (readonly [FallbackExchange, HostList])[];
  readonly #line: RequestLine;

  constructor(fallbacks: ExchangeConfig['fallbacks'], line: RequestLine) {
    this.#hosts = fallbacks.map(({ name, url }) => [EXCHANGES[name], new HostList([url])]);
    this.#line = line;
  }

  /** The candles of the first exchange that has any of the range; see Market.fetchFallback. */
  async fetch(symbol: string, range: MinuteRange, options: CallOptions = {}): Promise<FallbackCandles> {
    const pair = splitSymbol(symbol);
    const endsAt = performance.now() + (options.deadlineMs ?? CALL_DEADLINE_MS);
    const failures: Failure[] = [];
    for (const [exchange, hosts] of this.#hosts) {
      const pages = splitRange(range, exchange.pageMinutes);
      const patienceMs = PATIENCE_MS + pages.length * PATIENCE_PER_PAGE_MS;
      const deadlineMs = endsAt - performance.now();
      const limits = { signal: options.signal, deadlineMs, patienceMs, maxWaitMs: LONGEST_LIMIT_WAIT_MS };
      try {
        const work = { pair, pages, hosts };
        const candles = await withCallTime(limits, (time) => this.#fetchPages(exchange, work, time));
        if (candles.length > 0) return { exchange: exchange.name, candles };
        throw new Failure('temporary', `no closed candle in ${formatRange(range)}`);
      } catch (error) {
        throwIfStopped(options.signal);
        if (!(error instanceof Failure)) throw error;
        failures.push(nameFailure(exchange, error));
      }
    }
    throw summarise(failures, symbol);
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
    return closedCandles(toCandles(found, page), answer);
  }
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

function nameFailure({ name }: FallbackExchange, failure: Failure): Failure {
  return new Failure(failure.kind, `${name}: ${failure.message}`, { code: failure.code, cause: failure });
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
