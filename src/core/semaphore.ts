/** Lets a fixed number of visitors in at once; the others stand in line. */
export class Semaphore {
  readonly #limit: number;
  readonly #line: (() => void)[] = [];
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Comes back when there is room, with the function to be called on leaving.
   *
   * @throws the signal's reason when it is aborted while standing in line
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    if (this.#inside >= this.#limit) await this.#standInLine(signal);
    else this.#inside += 1;
    return () => this.#leave();
  }

  #standInLine(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const goIn = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#line.splice(this.#line.indexOf(goIn), 1);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      this.#line.push(goIn);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (signal?.aborted) giveUp();
    });
  }

  /** Hands the place to the next in line, if there is one. */
  #leave(): void {
    const goIn = this.#line.shift();
    if (goIn) goIn();
    else this.#inside -= 1;
  }
}
