import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, throwIfStopped } from '../../core/failure.js';

interface DeadlineOptions {
  signal?: AbortSignal | undefined;
  /** Time allowed for the whole call. */
  deadlineMs?: number | undefined;
  /** Time allowed for requests and the backoff between them; time in the queue and rate limit waits not counted. */
  requestBudgetMs: number;
  /** Time allowed for waits that rate limits demand. */
  maxWaitMs: number;
}

/** Runs one call within its deadline, and removes the listener from the caller's signal afterwards. */
export async function withDeadline<T>(options: DeadlineOptions, body: (deadline: Deadline) => Promise<T>): Promise<T> {
  const deadline = new Deadline(options);
  try {
    return await body(deadline);
  } finally {
    deadline.end();
  }
}

/** The time that one call may take. Every wait of the call goes through it, and ends when the call is aborted. */
export class Deadline {
  readonly #stop = new AbortController();
  readonly #onCallerAbort = () => this.#stop.abort();
  readonly #timeout: NodeJS.Timeout | undefined;
  readonly #options: DeadlineOptions;
  readonly #startedAt = performance.now();
  #limitWaitMs = 0;
  #excludedMs = 0;
  /** Aborted by the caller or by the deadline. */
  readonly signal: AbortSignal = this.#stop.signal;

  constructor(options: DeadlineOptions) {
    throwIfStopped(options.signal);
    this.#options = options;
    // Not AbortSignal.any: in Node 20 a signal made of a timeout can be collected as garbage and never fire.
    options.signal?.addEventListener('abort', this.#onCallerAbort);
    const { deadlineMs = Infinity } = options;
    if (deadlineMs < Infinity) this.#timeout = setTimeout(() => this.#stop.abort(), Math.max(0, deadlineMs));
  }

  end(): void {
    clearTimeout(this.#timeout);
    this.#options.signal?.removeEventListener('abort', this.#onCallerAbort);
  }

  /** Whether there is time for another attempt after a pause. */
  allowsRetryAfter(pauseMs: number): boolean {
    return pauseMs < this.requestBudgetLeftMs() && pauseMs < this.leftMs();
  }

  /** Milliseconds left for requests and the backoff between them. */
  requestBudgetLeftMs(): number {
    return this.#options.requestBudgetMs - (this.#elapsed() - this.#excludedMs);
  }

  /** Milliseconds until the deadline of the whole call. */
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
  async waitForLimit(durationMs: number, reason: string): Promise<void> {
    if (this.#limitWaitMs + durationMs > this.#options.maxWaitMs || durationMs > this.leftMs()) {
      const message = `${reason}: expected to wait ${Math.ceil(durationMs / 1000)} s, which is longer than allowed`;
      throw new Failure('temporary', message, { code: 'RATE_LIMITED', retryAfterMs: Math.ceil(durationMs) });
    }
    this.#limitWaitMs += durationMs;
    await this.exclude(this.pause(durationMs));
  }

  /** Awaits work whose duration does not count against the request budget. */
  async exclude<T>(work: Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await this.run(work);
    } finally {
      this.#excludedMs += performance.now() - from;
    }
  }

  /** Awaits work; when the call was aborted meanwhile, throws the reason: the caller's own Failure, or the timeout. */
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
  const message = `no response within ${Math.round(deadlineMs / 100) / 10} s`;
  return new Failure('temporary', message, { code: 'UNREACHABLE', cause });
}
