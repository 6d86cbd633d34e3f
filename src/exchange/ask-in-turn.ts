import type { CallTime } from './call-time.js';
import type { HostList } from './host-list.js';
import { RequestProblem } from './request-problem.js';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;

/**
 * Asks base URLs in turn, round after round with growing pauses, until one answers or the call's time is up.
 *
 * @param attempt one request to one base URL; throws a RequestProblem
 * @throws Failure made of the last problem
 */
export async function askInTurn<T>(
  hosts: HostList,
  attempt: (baseUrl: string) => Promise<T>,
  time: CallTime,
  onNotice: (message: string) => void = () => undefined,
): Promise<T> {
  for (let round = 0; ; round += 1) {
    const outcome = await askOnce(hosts, attempt, onNotice);
    if ('answer' in outcome) return outcome.answer;
    const { problem } = outcome;
    const pauseMs = growingPause(round);
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

async function askOnce<T>(
  hosts: HostList,
  attempt: (baseUrl: string) => Promise<T>,
  onNotice: (message: string) => void,
): Promise<{ answer: T } | { problem: RequestProblem }> {
  let last: RequestProblem | undefined;
  for (const baseUrl of [...hosts.usable()]) {
    try {
      const answer = await attempt(baseUrl);
      if (hosts.prefer(baseUrl)) onNotice(`${new URL(baseUrl).host} is asked from now on`);
      return { answer };
    } catch (error) {
      if (!(error instanceof RequestProblem)) throw error;
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
function growingPause(round: number): number {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round);
  return pauseMs * (0.5 + Math.random() / 2);
}
