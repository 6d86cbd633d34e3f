import { MINUTE_MS } from '../../../src/core/minute.js';

/** The requests to the exchange since the last report. */
export interface ExchangeReport {
  /** Requests by path. */
  requests: Record<string, number>;
  /** Requests for klines in each minute of its clock since the first request. */
  klinesByMinute: number[];
  /** Responses with 429 and 418. */
  refused: number;
  /** The CPU time of the exchange itself. */
  cpuSeconds: number;
}

const WEIGHTS: Readonly<Record<string, number>> = {
  '/api/v3/time': 1,
  '/api/v3/klines': 2,
  '/api/v3/exchangeInfo': 20,
};

/** The exchange's clock, used weight, and request counters. */
export class ExchangeState {
  readonly #limit: number;
  #clockMs: number;
  #clockSetAt = performance.now();
  #minute = 0;
  #used = 0;
  #requests: Record<string, number> = {};
  #klines = new Map<number, number>();
  #refused = 0;
  #cpuBefore = process.cpuUsage();

  constructor(nowMs: number, weightLimit: number) {
    this.#clockMs = nowMs;
    this.#limit = weightLimit;
  }

  /** The exchange's running clock, epoch milliseconds. */
  now(): number {
    return Math.floor(this.#clockMs + performance.now() - this.#clockSetAt);
  }

  setClock(nowMs: number): void {
    this.#clockMs = nowMs;
    this.#clockSetAt = performance.now();
  }

  /** Charges a request; `status` is 429 above the limit, and 418 when requests continue. */
  charge(path: string): { used: number; status: 200 | 418 | 429 } {
    const minute = Math.floor(this.now() / MINUTE_MS);
    if (minute !== this.#minute) [this.#minute, this.#used] = [minute, 0];
    this.#used += WEIGHTS[path] ?? 1;
    this.#requests[path] = (this.#requests[path] ?? 0) + 1;
    if (path.endsWith('/klines')) this.#klines.set(minute, (this.#klines.get(minute) ?? 0) + 1);
    if (this.#used <= this.#limit) return { used: this.#used, status: 200 };
    this.#refused += 1;
    return { used: this.#used, status: this.#used <= this.#limit * 1.1 ? 429 : 418 };
  }

  /** Returns the counters since the last report, and resets them. */
  report(): ExchangeReport {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const seen = { requests: this.#requests, refused: this.#refused, cpuSeconds: (user + system) / 1e6 };
    const first = Math.min(...this.#klines.keys());
    const minutes = Math.max(0, Math.floor(this.now() / MINUTE_MS) - first + 1);
    const klinesByMinute = Array.from({ length: minutes }, (_, i) => this.#klines.get(first + i) ?? 0);
    this.#requests = {};
    this.#refused = 0;
    this.#klines = new Map();
    this.#cpuBefore = process.cpuUsage();
    return { ...seen, klinesByMinute };
  }
}
