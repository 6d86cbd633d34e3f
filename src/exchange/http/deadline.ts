import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, throwIfStopped } from '../../core/failure.js';

export interface DeadlineOptions {
  signal?: AbortSignal | undefined;
  /** Time allowed for everything. */
  deadlineMs?: number | undefined;
  /** Time allowed for requests and the pauses between them; standing in line and waits for rate limits not counted. */
  requestBudgetMs: number;
  /** Time allowed for waits that rate limits demand. */
  maxWaitMs: number;
}

/** Runs one call within its time, and lets go of the caller's signal afterwards. */
export async function withDeadline<T>(options: DeadlineOptions, body: (time: Deadline) => Promise<T>): Promise<T> {
  const time = new Deadline(options);
  try {
    return await body(time);
  } finally {
    time.end();
  }
}

/** The time that one call may take: every wait of the call goes through here, and ends when the call is aborted. */
export class Deadline {
  readonly #stop = new AbortController();
  readonly #onUserAbort = () => this.#stop.abort();
  readonly #deadline: NodeJS.Timeout | undefined;
  readonly #options: DeadlineOptions;
  readonly #startedAt = performance.now();
  #limitWaitMs = 0;
  #excusedMs = 0;
  /** Aborted by the caller or by the deadline. */
  readonly signal: AbortSignal = this.#stop.signal;

  constructor(options: DeadlineOptions) {
    throwIfStopped(options.signal);
    this.#options = options;
    // Not AbortSignal.any: in Node 20 a signal made of a timeout can be collected as garbage and never fire.
    options.signal?.addEventListener('abort', this.#onUserAbort);
    const { deadlineMs = Infinity } = options;
    if (deadlineMs < Infinity) this.#deadline = setTimeout(() => this.#stop.abort(), Math.max(0, deadlineMs));
  }

  end(): void {
    clearTimeout(this.#deadline);
    this.#options.signal?.removeEventListener('abort', this.#onUserAbort);
  }

  /** Whether there is patience for another attempt after a pause. */
  allowsRetryAfter(pauseMs: number): boolean {
    return pauseMs < this.requestBudgetLeftMs() && pauseMs < this.leftMs();
  }

  /** Milliseconds left for requests and pauses. */
  requestBudgetLeftMs(): number {
    return this.#options.requestBudgetMs - (this.#elapsed() - this.#excusedMs);
  }

  /** Milliseconds left until the deadline. */
  leftMs(): number {
    return (this.#options.deadlineMs ?? Infinity) - this.#elapsed();
  }

  async pause(durationMs: number): Promise<void> {
    await this.run(sleep(durationMs, undefined, { signal: this.signal }));
  }

  /**
   * Waits as a rate limit demands.
   *
   * @throws Failure `RATE_LIMITED` at once when the call may not wait that long
   */
  async waitForLimit(durationMs: number, why: string): Promise<void> {
    if (this.#limitWaitMs + durationMs > this.#options.maxWaitMs || durationMs > this.leftMs()) {
      const message = `${why}: expected to wait ${Math.ceil(durationMs / 1000)} s, which is longer than allowed`;
      throw new Failure('temporary', message, { code: 'RATE_LIMITED', retryAfterMs: Math.ceil(durationMs) });
    }
    this.#limitWaitMs += durationMs;
    await this.exclude(this.pause(durationMs));
  }

  /** Waits for what is not the exchange's slowness: it takes nothing from the patience. */
  async exclude<T>(work: Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await this.run(work);
    } finally {
      this.#excusedMs += performance.now() - from;
    }
  }

  /** Translates the end of the call into its reason: the caller's own Failure, or a missed deadline. */
  async run<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throwIfStopped(this.#options.signal);
      if (!this.signal.aborted) throw error;
      throw timeoutFailure(this.#options.deadlineMs ?? 0, error);
    }
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }
}

function timeoutFailure(deadlineMs: number, cause: unknown): Failure {
  const message = `there was no answer within ${Math.round(deadlineMs / 100) / 10} s`;
  return new Failure('temporary', message, { code: 'UNREACHABLE', cause });
}
