/** Lets a fixed number of tasks run at once; further ones wait in the order in which they came. */
export class Semaphore {
  readonly #limit: number;
  readonly #queue: (() => void)[] = [];
  #acquired = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits for a permit and answers the function that releases it.
   *
   * @throws the signal's reason when the signal is aborted during the wait
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    if (this.#acquired >= this.#limit) await this.#enqueue(signal);
    else this.#acquired += 1;
    return () => this.#release();
  }

  #enqueue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const resume = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const abort = () => {
        this.#queue.splice(this.#queue.indexOf(resume), 1);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      this.#queue.push(resume);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
  }

  /** Passes the permit to the first task in the queue, if there is one. */
  #release(): void {
    const resume = this.#queue.shift();
    if (resume) resume();
    else this.#acquired -= 1;
  }
}
