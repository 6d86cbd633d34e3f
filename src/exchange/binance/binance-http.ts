import type { Deadline } from '../http/deadline.js';
import type { HttpResponse, RawResponse, SendGet, SendOptions } from '../http/http-transport.js';
import { readResponse, serverTimeOf } from '../http/read-response.js';
import { RequestError } from '../http/request-error.js';
import type { RequestQueue } from '../http/request-queue.js';
import { HostList, requestWithRetries } from '../http/request-with-retries.js';
import type { ServerClock } from '../server-clock.js';
import { type BudgetReport, WeightBudget } from './weight-budget.js';

/** The requests to Binance, at one base URL. */
interface BinanceClient {
  klines(
    symbol: string,
    /** Without a start the newest klines are returned, with one the oldest. */
    window: { startTime?: number; endTime: number; limit: number },
    send: SendOptions,
  ): Promise<RawResponse>;
  time(send: SendOptions): Promise<RawResponse>;
  /** @param selection one symbol, a list of them, of which Binance must know all, or a whole market */
  exchangeInfo(selection: Readonly<Record<string, string>>, send: SendOptions): Promise<RawResponse>;
}

/** One request, its weight, and how its response is read. */
export interface BinanceRequest<T> {
  weight: number;
  send: (client: BinanceClient, options: SendOptions) => Promise<RawResponse>;
  /**
   * Reads a response. Throws a RequestError: `invalid` for one of another shape, and what `parseBody` throws.
   *
   * @param parseBody the JSON body of a successful response; throws for any other response
   */
  read: (parseBody: () => unknown, response: RawResponse) => T;
}

const REQUEST_DEADLINE_MS = 10_000;
/** Every base URL gets this much, even when other base URLs have used up the request budget. */
const MIN_CONNECT_DEADLINE_MS = 1_000;

/** Requests to Binance's base URLs in turn, within the weight budget; after a ban nothing is sent any more. */
export class BinanceHttp {
  readonly budget: WeightBudget;
  /** Weight of all requests so far. */
  weight = 0;
  readonly #hosts: HostList;
  readonly #queue: RequestQueue;
  readonly #onNotice: (message: string) => void;
  readonly #clients = new Map<string, Promise<BinanceClient>>();
  #ban: { message: string; untilMs: number | undefined } | undefined;

  constructor(
    baseUrls: readonly string[],
    queue: RequestQueue,
    clock: ServerClock,
    onNotice: (message: string) => void,
  ) {
    this.budget = new WeightBudget(clock);
    this.#hosts = new HostList(baseUrls);
    this.#queue = queue;
    this.#onNotice = onNotice;
  }

  request<T>(request: BinanceRequest<T>, deadline: Deadline): Promise<T> {
    const attempt = async (baseUrl: string): Promise<T> => {
      const client = await this.#connect(baseUrl);
      await this.#reserve(request.weight, deadline);
      const response = await this.#send(request, client, deadline);
      return request.read(() => this.#readBody(response, new URL(baseUrl).host), response);
    };
    return requestWithRetries(this.#hosts, attempt, deadline, this.#onNotice);
  }

  #connect(baseUrl: string): Promise<BinanceClient> {
    const client = this.#clients.get(baseUrl) ?? connectBinance(baseUrl, this.#queue.sendGet);
    this.#clients.set(baseUrl, client);
    return client;
  }

  async #reserve(weight: number, deadline: Deadline): Promise<void> {
    this.#throwIfBanned();
    for (let waitMs = this.budget.reserve(weight); waitMs > 0; waitMs = this.budget.reserve(weight)) {
      this.#onNotice(`the request weight that Binance allows is spent; waiting ${Math.ceil(waitMs / 1000)} s`);
      await deadline.waitForLimit(waitMs, 'the request weight that Binance allows is spent');
    }
  }

  async #send<T>({ weight, send }: BinanceRequest<T>, client: BinanceClient, deadline: Deadline): Promise<RawResponse> {
    let report: BudgetReport | undefined;
    const work = async () => {
      this.#throwIfBanned();
      this.weight += weight;
      const connectDeadlineMs = Math.max(MIN_CONNECT_DEADLINE_MS, deadline.requestBudgetLeftMs());
      const { signal } = deadline;
      const response = await send(client, { signal, deadlineMs: REQUEST_DEADLINE_MS, connectDeadlineMs });
      report = toBudgetReport(response);
      return response;
    };
    try {
      return await this.#queue.run(work, deadline);
    } finally {
      this.budget.settle(weight, report);
    }
  }

  /** The body of a successful response. A ban or a rate limit also stops the other requests. */
  #readBody(response: HttpResponse, host: string): unknown {
    try {
      return readResponse(response, host);
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

/**
 * Binance's own connector over the transport of this module.
 *
 * The connector knows the requests and their parameters. Its HTTP client has no deadline (its timeout counts idle time),
 * cannot be aborted, follows redirects to any host and reads responses of any size; so only its market requests are used,
 * with that transport below them. They are loaded for the first request: as modules they load axios too, 100 ms of
 * start-up. The bundled program leaves axios out (`bin/build.ts`). Symbols are passed beside its own parameters, because
 * it also upper-cases letters that are not ASCII.
 */
async function connectBinance(baseURL: string, sendGet: SendGet): Promise<BinanceClient> {
  const { default: withMarketRequests } = await import('@binance/connector/src/modules/restful/market.js');

  class Sender {
    publicRequest(_method: string, path: string, parameters: Record<string, unknown> = {}): Promise<RawResponse> {
      const { send, exact, ...others } = parameters;
      const query = { ...others, ...(exact as Record<string, unknown> | undefined) };
      const text = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
      return sendGet(`${baseURL}${path}${text ? `?${text}` : ''}`, send as SendOptions);
    }
  }

  const connector = new (withMarketRequests(Sender))();
  return {
    klines: (symbol, window, send) => connector.klines(symbol, '1m', { ...window, exact: { symbol }, send }),
    time: (send) => connector.time({ send }),
    exchangeInfo: (selection, send) => connector.exchangeInfo({ exact: selection, send }),
  };
}
