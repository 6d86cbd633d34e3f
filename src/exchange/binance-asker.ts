import { askInTurn } from './ask-in-turn.js';
import { connectBinance, type BinanceClient } from './binance-client.js';
import type { CallTime } from './call-time.js';
import { HostList } from './host-list.js';
import type { HttpAnswer, SendOptions } from './http-transport.js';
import { readAnswer } from './read-answer.js';
import { RequestBudget, type BudgetReport } from './request-budget.js';
import type { RequestLine } from './request-line.js';
import { RequestProblem } from './request-problem.js';
import { serverTimeOf } from './retry-after.js';

/** One request, what it weighs, and how its answer is read. */
export interface Question<T> {
  weight: number;
  send: (client: BinanceClient, options: SendOptions) => Promise<HttpAnswer>;
  /** Throws a RequestProblem when the answer makes no sense. */
  read: (body: unknown, answer: HttpAnswer) => T;
}

const REQUEST_DEADLINE_MS = 10_000;
/** Every base URL gets this chance, even when the call's patience has gone to others. */
const LEAST_CONNECT_DEADLINE_MS = 1_000;

/** Asks Binance's base URLs in turn, never beyond the weight budget, and nothing more once the address is banned. */
export class BinanceAsker {
  readonly budget = new RequestBudget();
  /** Weight of all requests so far. */
  weight = 0;
  readonly #hosts: HostList;
  readonly #line: RequestLine;
  readonly #onNotice: (message: string) => void;
  readonly #clients = new Map<string, Promise<BinanceClient>>();
  #ban: { message: string; untilMs: number | undefined } | undefined;

  constructor(baseUrls: readonly string[], line: RequestLine, onNotice: (message: string) => void) {
    this.#hosts = new HostList(baseUrls);
    this.#line = line;
    this.#onNotice = onNotice;
  }

  ask<T>(question: Question<T>, time: CallTime): Promise<T> {
    const attempt = async (baseUrl: string): Promise<T> => {
      const client = await this.#connect(baseUrl);
      await this.#reserve(question.weight, time);
      const answer = await this.#send(question, client, time);
      return question.read(this.#judge(answer, new URL(baseUrl).host), answer);
    };
    return askInTurn(this.#hosts, attempt, time, this.#onNotice);
  }

  #connect(baseUrl: string): Promise<BinanceClient> {
    const client = this.#clients.get(baseUrl) ?? connectBinance(baseUrl, this.#line.sendGet);
    this.#clients.set(baseUrl, client);
    return client;
  }

  async #reserve(weight: number, time: CallTime): Promise<void> {
    this.#throwIfBanned();
    for (let wait = this.budget.reserve(weight); wait > 0; wait = this.budget.reserve(weight)) {
      this.#onNotice(`the request weight that Binance allows is spent; waiting ${Math.ceil(wait / 1000)} s`);
      await time.waitForLimit(wait, 'the request weight that Binance allows is spent');
    }
  }

  async #send<T>({ weight, send }: Question<T>, client: BinanceClient, time: CallTime): Promise<HttpAnswer> {
    let report: BudgetReport | undefined;
    const work = async () => {
      this.#throwIfBanned();
      this.weight += weight;
      const connectDeadlineMs = Math.max(LEAST_CONNECT_DEADLINE_MS, time.patienceLeftMs());
      const answer = await send(client, { signal: time.signal, deadlineMs: REQUEST_DEADLINE_MS, connectDeadlineMs });
      report = readReport(answer);
      return answer;
    };
    try {
      return await this.#line.pass(work, time);
    } finally {
      this.budget.settle(weight, report);
    }
  }

  /** The body of a good answer; a refusal for rate reasons stops the other requests too. */
  #judge(answer: HttpAnswer, host: string): unknown {
    try {
      return readAnswer(answer, host);
    } catch (error) {
      if (!(error instanceof RequestProblem)) throw error;
      const { kind, message, retryAfterMs } = error;
      if (kind === 'banned') {
        this.#ban = { message, untilMs: retryAfterMs === undefined ? undefined : Date.now() + retryAfterMs };
      }
      if (kind !== 'limited') throw error;
      const waitMs = retryAfterMs ?? this.budget.untilNextMinute();
      this.budget.hold(waitMs);
      throw new RequestProblem('limited', message, { retryAfterMs: waitMs });
    }
  }

  #throwIfBanned(): void {
    if (!this.#ban) return;
    const { message, untilMs } = this.#ban;
    const retryAfterMs = untilMs === undefined ? undefined : Math.max(0, untilMs - Date.now());
    throw new RequestProblem('banned', message, { retryAfterMs });
  }
}

function readReport({ headers }: HttpAnswer): BudgetReport {
  const used = Number(headers['x-mbx-used-weight-1m'] ?? NaN);
  return { usedWeight: Number.isFinite(used) ? used : undefined, serverTimeMs: serverTimeOf(headers) };
}
