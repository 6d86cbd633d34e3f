import { Failure } from '../core/failure.js';
import type { ProxySettings } from '../network/proxies.js';
import { type OutgoingMessage, sendRequest } from './send-request.js';

/** Kept short, because the command ends only when the monitor has answered. */
const TIMEOUT_MS = 2_000;
/** healthchecks.io keeps this much of a body. */
const MAX_BODY_BYTES = 100_000;
const TRUNCATION_NOTE = '\n... truncated\n';

/** The pings of one run. */
interface Ping {
  /**
   * Sends how the run ended, after the start ping has ended: in the other order the run would seem to go on. Returns the
   * message of an error, or null.
   */
  end(exitCode: number, summary: string): Promise<string | null>;
}

/**
 * Tells a monitor that a run begins, and later how it ended: POST to `URL/start`, then to `URL/<exit code>`, both with
 * the same `rid`, which tells concurrent runs apart.
 *
 * The start ping is sent in the background.
 *
 * @see https://healthchecks.io/docs/http_api/ the convention
 */
export function startPing(url: string, runId: string, proxies?: ProxySettings): Ping {
  const send = (word: string, body: string) => sendPing({ url: toPingUrl(url, word, runId), body, proxies });
  const started = send('start', '');
  return {
    end: async (exitCode, summary) => {
      const problem = await started;
      return (await send(String(exitCode), truncate(summary))) ?? problem;
    },
  };
}

/** The URL with a word appended to its path and the run's id to its query. */
export function toPingUrl(url: string, word: string, runId: string): string {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/${word}`;
  if (!address.searchParams.has('rid')) address.search = `${address.search ? `${address.search}&` : '?'}rid=${runId}`;
  return address.href;
}

async function sendPing(ping: Pick<OutgoingMessage, 'url' | 'body' | 'proxies'>): Promise<string | null> {
  try {
    await sendRequest({ ...ping, headers: { 'content-type': 'text/plain; charset=utf-8' }, timeoutMs: TIMEOUT_MS });
    return null;
  } catch (error) {
    return error instanceof Failure ? error.message : `ping failed: ${String(error)}`;
  }
}

/** As much of the text as a monitor keeps, cut between characters. */
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
