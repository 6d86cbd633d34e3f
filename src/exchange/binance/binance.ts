import type { Candle } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import type { Minute } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import { closedCandles, requireRangePassed } from '../check-candles.js';
import type { Deadline } from '../http/deadline.js';
import { serverTimeOf } from '../http/read-response.js';
import type { ServerClock } from '../server-clock.js';
import type { BinanceHttp, BinanceRequest } from './binance-http.js';
import { parseKlines, parseServerTime, parseSymbolInfo, type SymbolInfo } from './parse-responses.js';

const WEIGHT = { time: 1, klines: 2, exchangeInfo: 20 } as const;
/** From this much weight in a minute on it is worth the 20 that asking for the real limit costs. */
const READ_LIMIT_AT_WEIGHT = 200;

/** What is asked of Binance. */
export class Binance {
  readonly #asker: BinanceHttp;
  readonly #time: ServerClock;
  #isLimitKnown = false;

  constructor(asker: BinanceHttp, time: ServerClock) {
    this.#asker = asker;
    this.#time = time;
  }

  /** The server's time and how far the local clock is ahead of it, halfway between question and answer; milliseconds. */
  readTime(time: Deadline): Promise<{ nowMs: number; skewMs: number }> {
    let sentAt = 0;
    return this.#asker.request(
      {
        weight: WEIGHT.time,
        send: (client, options) => {
          sentAt = Date.now();
          return client.time(options);
        },
        read: (body, { headers }) => {
          const nowMs = parseServerTime(body, serverTimeOf(headers));
          this.#time.set(nowMs);
          return { nowMs, skewMs: Math.round((sentAt + Date.now()) / 2) - nowMs };
        },
      },
      time,
    );
  }

  /** The closed candles of a range of at most 1,000 minutes. */
  async fetchCandles(symbol: string, range: MinuteRange, time: Deadline): Promise<Candle[]> {
    if (!this.#isLimitKnown && this.#asker.budget.spent >= READ_LIMIT_AT_WEIGHT)
      await this.describeSymbol(symbol, time);
    const window = { startTime: range.from, endTime: range.to - 1, limit: countMinutes(range) };
    return this.#askAbout(
      symbol,
      {
        weight: WEIGHT.klines,
        send: (client, options) => client.klines(symbol, window, options),
        read: (body, answer) => {
          requireRangePassed(range, answer, this.#time);
          return closedCandles(parseKlines(body, range), answer);
        },
      },
      time,
    );
  }

  /** The minute of the oldest candle before `before`; null when there is none. */
  findFirstMinute(symbol: string, before: Minute, time: Deadline): Promise<Minute | null> {
    return this.#askAbout(
      symbol,
      {
        weight: WEIGHT.klines,
        send: (client, options) => client.klines(symbol, { startTime: 0, endTime: before - 1, limit: 1 }, options),
        read: (body) => parseKlines(body, { from: 0, to: before })[0]?.openTime ?? null,
      },
      time,
    );
  }

  /** The symbol's status; the rate limit that the answer also tells is obeyed from then on. */
  async describeSymbol(symbol: string, time: Deadline): Promise<SymbolInfo> {
    this.#isLimitKnown = true;
    const info = await this.#askAbout(
      symbol,
      {
        weight: WEIGHT.exchangeInfo,
        send: (client, options) => client.exchangeInfo(symbol, options),
        read: (body) => parseSymbolInfo(body, symbol),
      },
      time,
    );
    if (info.weightLimit !== undefined) this.#asker.budget.limit = info.weightLimit;
    return info;
  }

  async #askAbout<T>(symbol: string, question: BinanceRequest<T>, time: Deadline): Promise<T> {
    try {
      return await this.#asker.request(question, time);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'UNKNOWN_SYMBOL') throw error;
      const hint = 'expected a spot symbol as Binance writes it, such as BTCUSDT';
      throw new Failure('failed', `Binance does not know the symbol "${symbol}"`, {
        code: error.code,
        hint,
        cause: error,
      });
    }
  }
}
