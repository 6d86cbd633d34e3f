import { Semaphore } from '../../core/semaphore.js';
import type { Deadline } from './deadline.js';
import { openTransport, type SendGet } from './http-transport.js';

/** Where all requests of one market pass: a few at a time, counted, over kept-alive connections. */
export class RequestQueue {
  /** Requests sent so far. */
  requests = 0;
  readonly #turnstile: Semaphore;
  readonly #transport = openTransport();

  /** @param concurrency requests in flight at most */
  constructor(concurrency: number) {
    this.#turnstile = new Semaphore(concurrency);
  }

  readonly sendGet: SendGet = (url, options) => {
    this.requests += 1;
    return this.#transport(url, options);
  };

  /** Runs work that sends a request when its turn has come; standing in line takes nothing from the call's patience. */
  async run<T>(work: () => Promise<T>, time: Deadline): Promise<T> {
    const leave = await time.exclude(this.#turnstile.acquire(time.signal));
    try {
      return await time.run(work());
    } finally {
      leave();
    }
  }
}
