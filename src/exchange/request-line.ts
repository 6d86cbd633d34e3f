import type { CallTime } from './call-time.js';
import { openTransport, type SendGet } from './http-transport.js';
import { Turnstile } from '../core/turnstile.js';

/** Where all requests of one market pass: a few at a time, counted, over kept-alive connections. */
export class RequestLine {
  /** Requests sent so far. */
  requests = 0;
  readonly #turnstile: Turnstile;
  readonly #transport = openTransport();

  /** @param concurrency requests in flight at most */
  constructor(concurrency: number) {
    this.#turnstile = new Turnstile(concurrency);
  }

  readonly sendGet: SendGet = (url, options) => {
    this.requests += 1;
    return this.#transport(url, options);
  };

  /** Runs work that sends a request when its turn has come; standing in line takes nothing from the call's patience. */
  async pass<T>(work: () => Promise<T>, time: CallTime): Promise<T> {
    const leave = await time.excuse(this.#turnstile.enter(time.signal));
    try {
      return await time.run(work());
    } finally {
      leave();
    }
  }
}
