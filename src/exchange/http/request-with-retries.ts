import type { Deadline } from './deadline.js';
import { RequestError } from './request-error.js';

const INITIAL_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 4_000;

/**
 * Tries the base URLs in turn, round after round with exponential backoff, until one answers or the deadline is near.
 *
 * @param attempt one request to one base URL; throws a RequestError
 * @throws Failure made of the last RequestError
 */
export async function requestWithRetries<T>(
  hosts: HostList,
  attempt: (baseUrl: string) => Promise<T>,
  deadline: Deadline,
  onNotice: (message: string) => void = () => undefined,
): Promise<T> {
  for (let round = 0; ; round += 1) {
    const outcome = await tryHosts(hosts, attempt, onNotice);
    if ('result' in outcome) return outcome.result;
    const { error } = outcome;
    const pauseMs = backoffMs(round);
    if (error.retryAfterMs !== undefined || error.kind === 'limited') {
      await deadline.waitForLimit(Math.max(pauseMs, error.retryAfterMs ?? 0), error.message);
    } else if (deadline.allowsRetryAfter(pauseMs)) {
      onNotice(`${error.message}; retrying`);
      await deadline.pause(pauseMs);
    } else {
      throw error.toFailure();
    }
  }
}

async function tryHosts<T>(
  hosts: HostList,
  attempt: (baseUrl: string) => Promise<T>,
  onNotice: (message: string) => void,
): Promise<{ result: T } | { error: RequestError }> {
  let last: RequestError | undefined;
  for (const baseUrl of [...hosts.usable()]) {
    try {
      const result = await attempt(baseUrl);
      if (hosts.prefer(baseUrl)) onNotice(`${new URL(baseUrl).host} is used from now on`);
      return { result };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.kind === 'banned' || error.kind === 'refused') throw error.toFailure();
      if (error.kind === 'limited') return { error };
      if (error.kind === 'blocked') {
        hosts.block(baseUrl, error);
        onNotice(`${error.message}; it is not used any more`);
      } else last = error;
    }
  }
  const blocked = hosts.blockedBy;
  if (blocked) throw blocked.toFailure();
  return { error: last! };
}

/** Doubles from round to round; jitter of up to a half keeps several callers from retrying at the same time. */
function backoffMs(round: number): number {
  const pauseMs = Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** round);
  return pauseMs * (0.5 + Math.random() / 2);
}

/** The usable base URLs of one exchange, the one that answered last first. */
export class HostList {
  #urls: string[];
  #blocked: RequestError | undefined;

  constructor(urls: readonly string[]) {
    this.#urls = [...urls];
  }

  usable(): readonly string[] {
    return this.#urls;
  }

  /** Moves the URL to the front; returns whether that changed the order. */
  prefer(url: string): boolean {
    if (this.#urls[0] === url || !this.#urls.includes(url)) return false;
    this.#urls = [url, ...this.#urls.filter((other) => other !== url)];
    return true;
  }

  block(url: string, error: RequestError): void {
    this.#urls = this.#urls.filter((other) => other !== url);
    this.#blocked ??= error;
  }

  /** Once every URL is blocked, the error of the first block, which was the preferred URL's. */
  get blockedBy(): RequestError | undefined {
    return this.#urls.length === 0 ? this.#blocked : undefined;
  }
}
