import { Failure } from '../core/failure.js';
import { sendRequest } from './send-request.js';

/** A monitor is waited for this long, and no longer. */
const TIMEOUT_MS = 2_000;
/** What healthchecks.io keeps of a body. */
const MAX_BODY_BYTES = 100_000;
const TRUNCATION_NOTE = '\n... cut off here\n';

/** The pings of one run. */
export interface Ping {
  /**
   * Tells how the run ended, once the beginning has been told or given up: told the wrong way round, a run would seem
   * to go on. Returns what went wrong, if anything did.
   */
  end(exitCode: number, summary: string): Promise<string | null>;
}

/**
 * Tells a monitor that a run begins, and later how it ended: POST to `URL/start`, then to `URL/<exit code>`, both with
 * the same `rid`, so that runs beside each other are told apart.
 *
 * The work does not wait for the first one.
 *
 * @see https://healthchecks.io/docs/http_api/ the convention
 */
export function startPing(url: string, runId: string): Ping {
  const begun = send(toPingUrl(url, 'start', runId), '');
  return {
    end: async (exitCode, summary) => {
      const problem = await begun;
      return (await send(toPingUrl(url, String(exitCode), runId), truncate(summary))) ?? problem;
    },
  };
}

/** The address with a word at the end of its path and the run's id behind its query, which stays as it is. */
export function toPingUrl(url: string, word: string, runId: string): string {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/${word}`;
  if (!address.searchParams.has('rid')) address.search = `${address.search ? `${address.search}&` : '?'}rid=${runId}`;
  return address.href;
}

async function send(url: string, body: string): Promise<string | null> {
  try {
    await sendRequest({ url, body, headers: { 'content-type': 'text/plain; charset=utf-8' }, timeoutMs: TIMEOUT_MS });
    return null;
  } catch (error) {
    return error instanceof Failure ? error.message : `the monitor could not be told: ${String(error)}`;
  }
}

/** As much of the text as a monitor keeps; no character is cut in two. */
function truncate(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_BODY_BYTES) return text;
  return (
    bytes
      .subarray(0, MAX_BODY_BYTES - TRUNCATION_NOTE.length)
      .toString()
      .replace(/\uFFFD$/, '') + TRUNCATION_NOTE
  );
}
