import type { Deadline } from '../http/deadline.js';
import type { HttpResponse, SendGet, SendOptions } from '../http/http-transport.js';
import { readResponse, serverTimeOf } from '../http/read-response.js';
import { RequestError } from '../http/request-error.js';
import type { RequestQueue } from '../http/request-queue.js';
import { HostList, requestWithRetries } from '../http/request-with-retries.js';
import { type BudgetReport, WeightBudget } from './weight-budget.js';

/** The three requests that are asked of Binance, at one base URL. */
export interface BinanceClient {
  klines(
    symbol: string,
    window: { startTime: number; endTime: number; limit: number },
    send: SendOptions,
  ): Promise<HttpResponse>;
  time(send: SendOptions): Promise<HttpResponse>;
  exchangeInfo(symbol: string, send: SendOptions): Promise<HttpResponse>;
}

/**
 * Binance's own connector over our transport.
 *
 * The connector knows the requests and their parameters. What it sends them with has no deadline (its timeout counts
 * idle time), cannot be aborted, follows redirects anywhere and reads answers of any size; so only its market
 * requests are taken, on top of a sender of ours. They are loaded when the first request is made: as modules they
 * bring axios along, 100 ms of start-up. The bundled program does without (`bin/build.ts`).
 */
export async function connectBinance(baseURL: string, sendGet: SendGet): Promise<BinanceClient> {
  const { default: withMarketRequests } = await import('@binance/connector/src/modules/restful/market.js');

  class Sender {
    publicRequest(_method: string, path: string, parameters: Record<string, unknown> = {}): Promise<HttpResponse> {
      const { send, ...query } = parameters;
      const text = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
      return sendGet(`${baseURL}${path}${text ? `?${text}` : ''}`, send as SendOptions);
    }
  }

  const connector = new (withMarketRequests(Sender))();
  return {
    klines: (symbol, window, send) => connector.klines(symbol, '1m', { ...window, send }),
    time: (send) => connector.time({ send }),
    exchangeInfo: (symbol, send) => connector.exchangeInfo({ symbol, send }),
  };
}

/** One request, what it weighs, and how its answer is read. */
export interface BinanceRequest<T> {
  weight: number;
  send: (client: BinanceClient, options: SendOptions) => Promise<HttpResponse>;
  /** Throws a RequestProblem when the answer makes no sense. */
  read: (body: unknown, answer: HttpResponse) => T;
}

const REQUEST_DEADLINE_MS = 10_000;
/** Every base URL gets this chance, even when the call's patience has gone to others. */
const MIN_CONNECT_DEADLINE_MS = 1_000;

/** Asks Binance's base URLs in turn, never beyond the weight budget, and nothing more once the address is banned. */
export class BinanceHttp {
  readonly budget = new WeightBudget();
  /** Weight of all requests so far. */
  weight = 0;
  readonly #hosts: HostList;
  readonly #line: RequestQueue;
  readonly #onNotice: (message: string) => void;
  readonly #clients = new Map<string, Promise<BinanceClient>>();
  #ban: { message: string; untilMs: number | undefined } | undefined;

  constructor(baseUrls: readonly string[], line: RequestQueue, onNotice: (message: string) => void) {
    this.#hosts = new HostList(baseUrls);
    this.#line = line;
    this.#onNotice = onNotice;
  }

  request<T>(question: BinanceRequest<T>, time: Deadline): Promise<T> {
    const attempt = async (baseUrl: string): Promise<T> => {
      const client = await this.#connect(baseUrl);
      await this.#reserve(question.weight, time);
      const answer = await this.#send(question, client, time);
      return question.read(this.#judge(answer, new URL(baseUrl).host), answer);
    };
    return requestWithRetries(this.#hosts, attempt, time, this.#onNotice);
  }

  #connect(baseUrl: string): Promise<BinanceClient> {
    const client = this.#clients.get(baseUrl) ?? connectBinance(baseUrl, this.#line.sendGet);
    this.#clients.set(baseUrl, client);
    return client;
  }

  async #reserve(weight: number, time: Deadline): Promise<void> {
    this.#throwIfBanned();
    for (let wait = this.budget.reserve(weight); wait > 0; wait = this.budget.reserve(weight)) {
      this.#onNotice(`the request weight that Binance allows is spent; waiting ${Math.ceil(wait / 1000)} s`);
      await time.waitForLimit(wait, 'the request weight that Binance allows is spent');
    }
  }

  async #send<T>({ weight, send }: BinanceRequest<T>, client: BinanceClient, time: Deadline): Promise<HttpResponse> {
    let report: BudgetReport | undefined;
    const work = async () => {
      this.#throwIfBanned();
      this.weight += weight;
      const connectDeadlineMs = Math.max(MIN_CONNECT_DEADLINE_MS, time.requestBudgetLeftMs());
      const answer = await send(client, { signal: time.signal, deadlineMs: REQUEST_DEADLINE_MS, connectDeadlineMs });
      report = toBudgetReport(answer);
      return answer;
    };
    try {
      return await this.#line.run(work, time);
    } finally {
      this.budget.settle(weight, report);
    }
  }

  /** The body of a good answer; a refusal for rate reasons stops the other requests too. */
  #judge(answer: HttpResponse, host: string): unknown {
    try {
      return readResponse(answer, host);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const { kind, message, retryAfterMs } = error;
      if (kind === 'banned') {
        this.#ban = { message, untilMs: retryAfterMs === undefined ? undefined : Date.now() + retryAfterMs };
      }
      if (kind !== 'limited') throw error;
      const waitMs = retryAfterMs ?? this.budget.untilNextMinute();
      this.budget.pauseFor(waitMs);
      throw new RequestError('limited', message, { retryAfterMs: waitMs });
    }
  }

  #throwIfBanned(): void {
    if (!this.#ban) return;
    const { message, untilMs } = this.#ban;
    const retryAfterMs = untilMs === undefined ? undefined : Math.max(0, untilMs - Date.now());
    throw new RequestError('banned', message, { retryAfterMs });
  }
}

function toBudgetReport({ headers }: HttpResponse): BudgetReport {
  const used = Number(headers['x-mbx-used-weight-1m'] ?? NaN);
  return { usedWeight: Number.isFinite(used) ? used : undefined, serverTimeMs: serverTimeOf(headers) };
}
