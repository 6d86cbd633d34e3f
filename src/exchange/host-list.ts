import type { RequestProblem } from './request-problem.js';

/** The base URLs of one exchange: the one that worked last first, the blocked ones gone. */
export class HostList {
  #urls: string[];
  #blocked: RequestProblem | undefined;

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

  block(url: string, problem: RequestProblem): void {
    this.#urls = this.#urls.filter((other) => other !== url);
    this.#blocked ??= problem;
  }

  /** Why nothing is left to ask: the first block, which was the preferred URL's. */
  get blockedBy(): RequestProblem | undefined {
    return this.#urls.length === 0 ? this.#blocked : undefined;
  }
}
