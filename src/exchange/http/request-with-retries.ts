import type { Deadline } from './deadline.js';
import { RequestError } from './request-error.js';

const INITIAL_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 4_000;

/**
 * Asks base URLs in turn, round after round with growing pauses, until one answers or the call's time is up.
 *
 * @param attempt one request to one base URL; throws a RequestProblem
 * @throws Failure made of the last problem
 */
export async function requestWithRetries<T>(
  hosts: HostList,
  attempt: (baseUrl: string) => Promise<T>,
  time: Deadline,
  onNotice: (message: string) => void = () => undefined,
): Promise<T> {
  for (let round = 0; ; round += 1) {
    const outcome = await tryHosts(hosts, attempt, onNotice);
    if ('answer' in outcome) return outcome.answer;
    const { problem } = outcome;
    const pauseMs = backoffMs(round);
    if (problem.retryAfterMs !== undefined || problem.kind === 'limited') {
      await time.waitForLimit(Math.max(pauseMs, problem.retryAfterMs ?? 0), problem.message);
    } else if (time.allowsRetryAfter(pauseMs)) {
      onNotice(`${problem.message}; asking again`);
      await time.pause(pauseMs);
    } else {
      throw problem.toFailure();
    }
  }
}

async function tryHosts<T>(
  hosts: HostList,
  attempt: (baseUrl: string) => Promise<T>,
  onNotice: (message: string) => void,
): Promise<{ answer: T } | { problem: RequestError }> {
  let last: RequestError | undefined;
  for (const baseUrl of [...hosts.usable()]) {
    try {
      const answer = await attempt(baseUrl);
      if (hosts.prefer(baseUrl)) onNotice(`${new URL(baseUrl).host} is asked from now on`);
      return { answer };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.kind === 'banned' || error.kind === 'refused') throw error.toFailure();
      if (error.kind === 'limited') return { problem: error };
      if (error.kind === 'blocked') {
        hosts.block(baseUrl, error);
        onNotice(`${error.message}; it is not asked again`);
      } else last = error;
    }
  }
  const blocked = hosts.blockedBy;
  if (blocked) throw blocked.toFailure();
  return { problem: last! };
}

/** Doubles from round to round; jittered down to the half, so that many callers do not come back together. */
function backoffMs(round: number): number {
  const pauseMs = Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** round);
  return pauseMs * (0.5 + Math.random() / 2);
}

/** The base URLs of one exchange: the one that worked last first, the blocked ones gone. */
export class HostList {
  #urls: string[];
  #blocked: RequestError | undefined;

  constructor(urls: readonly string[]) {
    this.#urls = [...urls];
  }

  usable(): readonly string[] {
    return this.#urls;
  }

  /** Returns whether this is a change. */
  prefer(url: string): boolean {
    if (this.#urls[0] === url || !this.#urls.includes(url)) return false;
    this.#urls = [url, ...this.#urls.filter((other) => other !== url)];
    return true;
  }

  block(url: string, problem: RequestError): void {
    this.#urls = this.#urls.filter((other) => other !== url);
    this.#blocked ??= problem;
  }

  /** Why nothing is left to ask: the first block, which was the preferred URL's. */
  get blockedBy(): RequestError | undefined {
    return this.#urls.length === 0 ? this.#blocked : undefined;
  }
}
