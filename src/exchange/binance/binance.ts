import { Failure } from '../../core/failure.js';
import { ceilMinute, type Minute } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import { describeSuggestions } from '../../core/symbol.js';
import { countClosed, requireRangePassed } from '../check-candles.js';
import { type CandleColumns, joinColumns, sliceColumns } from '../../rows/candle-columns.js';
import type { Deadline } from '../http/deadline.js';
import { serverTimeOf } from '../http/read-response.js';
import { RequestError } from '../http/request-error.js';
import type { ListedSymbol } from '../market.js';
import type { ServerClock } from '../server-clock.js';
import type { BinanceHttp, BinanceRequest } from './binance-http.js';
import {
  type Klines,
  parseKlines,
  parseListedSymbols,
  parseServerTime,
  parseSymbolInfo,
  parseSymbolStates,
  type SymbolInfo,
} from './parse-responses.js';
import { scanKlines } from './scan-klines.js';

/** Every symbol of the spot market, without the lists of who may trade it, which are most of the response. */
const SPOT_MARKET = { permissions: 'SPOT', showPermissionSets: 'false' } as const;
/** The response has about a kilobyte for each of thousands of symbols. */
const MAX_SYMBOLS_BYTES = 64 * 1024 * 1024;
const WEIGHT = { time: 1, klines: 2, exchangeInfo: 20 } as const;
/** From this much weight in a minute on, reading the real limit is worth its own weight of 20. */
const READ_LIMIT_AT_WEIGHT = 200;

/** The requests to Binance: server time, candles, symbol information. */
export class Binance {
  readonly #http: BinanceHttp;
  readonly #clock: ServerClock;
  #isLimitKnown = false;

  constructor(http: BinanceHttp, clock: ServerClock) {
    this.#http = http;
    this.#clock = clock;
  }

  /**
   * The server's time, and how far the local clock is ahead of it halfway between request and response; milliseconds.
   */
  readTime(deadline: Deadline): Promise<{ nowMs: number; skewMs: number }> {
    let sentAt = 0;
    return this.#http.request(
      {
        weight: WEIGHT.time,
        send: (client, options) => {
          sentAt = Date.now();
          return client.time(options);
        },
        read: (parseBody, { headers }) => {
          const nowMs = parseServerTime(parseBody(), serverTimeOf(headers));
          this.#clock.set(nowMs);
          return { nowMs, skewMs: Math.round((sentAt + Date.now()) / 2) - nowMs };
        },
      },
      deadline,
    );
  }

  /**
   * The closed candles of a range of at most 1,000 minutes.
   *
   * @param onOffMinute called with the minutes in which klines off the minute begin, if there are any
   */
  async fetchCandles(
    symbol: string,
    range: MinuteRange,
    deadline: Deadline,
    onOffMinute: (minutes: readonly Minute[]) => void = () => undefined,
  ): Promise<CandleColumns> {
    if (!this.#isLimitKnown && this.#http.budget.spent >= READ_LIMIT_AT_WEIGHT) {
      await this.describeSymbol(symbol, deadline);
    }
    const { candles, offMinute, count, lastOpenTime } = await this.#requestKlines(symbol, range, deadline);
    if (offMinute.length === 0) return candles;
    onOffMinute(offMinute);
    // two klines of one minute take the place of the last minute's, which is then beyond the limit
    const rest = { from: ceilMinute(lastOpenTime! + 1), to: range.to };
    const isCut = count === countMinutes(range) && countMinutes(rest) > 0;
    if (!isCut) return candles;
    return joinColumns([candles, await this.fetchCandles(symbol, rest, deadline, onOffMinute)]);
  }

  /**
   * The klines of a range. Klines off the minute must be in two responses: a damaged one would cost minutes that Binance
   * has.
   */
  async #requestKlines(symbol: string, range: MinuteRange, deadline: Deadline): Promise<Klines> {
    const window = { startTime: range.from, endTime: range.to - 1, limit: countMinutes(range) };
    const request = (confirm: (klines: Klines) => void) =>
      this.#requestSymbol<Klines>(
        symbol,
        {
          weight: WEIGHT.klines,
          send: (client, options) => client.klines(symbol, window, options),
          read: (parseBody, response) => {
            const scanned = response.status === 200 ? scanKlines(response.bytes, range) : undefined;
            const body = scanned ? undefined : parseBody();
            requireRangePassed(range, response, this.#clock);
            const klines = scanned ?? parseKlines(body, range);
            confirm(klines);
            const closed = countClosed(klines.candles.openTime, response);
            return { ...klines, candles: sliceColumns(klines.candles, 0, closed) };
          },
        },
        deadline,
      );
    const first = await request(() => undefined);
    if (first.offMinute.length === 0) return first;
    let expected = first.offMinute;
    return request(({ offMinute }) => {
      if (offMinute.length === 0 || isSameList(offMinute, expected)) return;
      const found = `it held klines off the minute in ${offMinute.length} minutes, the one before in ${expected.length} others`;
      expected = offMinute;
      throw new RequestError('invalid', `Binance's response is invalid: ${found}`);
    });
  }

  /** The minute of the oldest candle before `before`; null when there is none. */
  findFirstMinute(symbol: string, before: Minute, deadline: Deadline): Promise<Minute | null> {
    return this.#requestSymbol(
      symbol,
      {
        weight: WEIGHT.klines,
        send: (client, options) => client.klines(symbol, { startTime: 0, endTime: before - 1, limit: 1 }, options),
        read: (parseBody) => findAnyMinute(parseKlines(parseBody(), { from: 0, to: before })),
      },
      deadline,
    );
  }

  /** The minute of the newest candle before `before`; null when there is none. */
  findLastMinute(symbol: string, before: Minute, deadline: Deadline): Promise<Minute | null> {
    return this.#requestSymbol(
      symbol,
      {
        weight: WEIGHT.klines,
        send: (client, options) => client.klines(symbol, { endTime: before - 1, limit: 1 }, options),
        read: (parseBody) => findAnyMinute(parseKlines(parseBody(), { from: 0, to: before })),
      },
      deadline,
    );
  }

  /**
   * The state of each of these symbols; one request.
   *
   * @throws Failure `UNKNOWN_SYMBOL` when Binance does not know one of them, without its name
   */
  async describeSymbols(symbols: readonly string[], deadline: Deadline): Promise<Map<string, string>> {
    const { states, weightLimit } = await this.#http.request(
      {
        weight: WEIGHT.exchangeInfo,
        send: (client, options) => client.exchangeInfo({ symbols: JSON.stringify(symbols) }, options),
        read: (parseBody) => parseSymbolStates(parseBody()),
      },
      deadline,
    );
    this.#isLimitKnown = true;
    if (weightLimit !== undefined) this.#http.budget.limit = weightLimit;
    return states;
  }

  /** Every symbol of the spot market. */
  listSymbols(deadline: Deadline): Promise<ListedSymbol[]> {
    return this.#http.request(
      {
        weight: WEIGHT.exchangeInfo,
        send: (client, options) => client.exchangeInfo(SPOT_MARKET, { ...options, maxBodyBytes: MAX_SYMBOLS_BYTES }),
        read: (parseBody) => parseListedSymbols(parseBody()),
      },
      deadline,
    );
  }

  /** The symbol's status. The response also holds the weight limit, which the budget obeys from then on. */
  async describeSymbol(symbol: string, deadline: Deadline): Promise<SymbolInfo> {
    this.#isLimitKnown = true;
    const info = await this.#requestSymbol(
      symbol,
      {
        weight: WEIGHT.exchangeInfo,
        send: (client, options) => client.exchangeInfo({ symbol }, options),
        read: (parseBody) => parseSymbolInfo(parseBody(), symbol),
      },
      deadline,
    );
    if (info.weightLimit !== undefined) this.#http.budget.limit = info.weightLimit;
    return info;
  }

  async #requestSymbol<T>(symbol: string, request: BinanceRequest<T>, deadline: Deadline): Promise<T> {
    try {
      return await this.#http.request(request, deadline);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'UNKNOWN_SYMBOL') throw error;
      const hint =
        `expected a spot symbol as Binance writes it, such as BTCUSDT${describeSuggestions([symbol])}${describeForeignLetters(symbol)}; ` +
        `if Binance has removed it: chartctl retire ${symbol}`;
      throw new Failure('failed', `Binance does not know the symbol "${symbol}"`, {
        code: error.code,
        hint,
        cause: error,
      });
    }
  }
}

function isSameList(a: readonly Minute[], b: readonly Minute[]): boolean {
  return a.length === b.length && a.every((minute, i) => minute === b[i]);
}

/** The minute of the only kline of a response, on the minute or not. */
function findAnyMinute({ candles, offMinute }: Klines): Minute | null {
  return candles.openTime[0] ?? offMinute[0] ?? null;
}

/** The characters of a symbol beside ASCII, which may only look like ASCII letters. */
function describeForeignLetters(symbol: string): string {
  const found = [...new Set(symbol)].filter((character) => character > '~');
  const codes = found.map((character) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`);
  return found.length === 0 ? '' : ` (this one has ${found.map((letter, i) => `${letter} ${codes[i]}`).join(', ')})`;
}
