import { Semaphore } from '../../core/semaphore.js';
import type { ProxySettings } from '../../network/proxies.js';
import type { Deadline } from './deadline.js';
import { openTransport, type SendGet } from './http-transport.js';

/** All requests of one market: at most `concurrency` in flight, counted, over kept-alive connections. */
export class RequestQueue {
  /** Requests sent so far. */
  requests = 0;
  readonly #semaphore: Semaphore;
  readonly #transport: SendGet;

  constructor(concurrency: number, proxies?: ProxySettings) {
    this.#transport = openTransport(proxies);
    this.#semaphore = new Semaphore(concurrency);
  }

  readonly sendGet: SendGet = (url, options) => {
    this.requests += 1;
    return this.#transport(url, options);
  };

  /** Runs work that sends a request when a place is free. Time in the queue does not count against the request budget. */
  async run<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
    const release = await deadline.exclude(this.#semaphore.acquire(deadline.signal));
    try {
      return await deadline.run(work());
    } finally {
      release();
    }
  }
}
