import { Failure } from '../../core/failure.js';

/** The codes of failures of Binance as a whole: the next symbol's request would fail, too. */
const CODES: readonly (string | undefined)[] = ['UNREACHABLE', 'SERVER_ERROR', 'BANNED', 'RATE_LIMITED'];

/**
 * What the symbols of one job know of an outage of Binance. Each symbol would wait for its retries as long as the one that
 * found it, so the others fail at once with the same cause.
 */
export class SharedOutage {
  #failure: Failure | null;

  /** @param failure the failure of every request from the start, as during a ban */
  constructor(failure: Failure | null = null) {
    this.#failure = failure;
  }

  /**
   * Runs the requests of a symbol, unless another symbol has found the outage.
   *
   * @throws Failure of the outage, or what `work` throws
   */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failure && CODES.includes(error.code)) this.#failure ??= error;
      throw error;
    }
  }
}
