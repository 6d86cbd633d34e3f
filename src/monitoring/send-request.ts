import { type IncomingMessage, request } from 'node:http';
import { unescape } from 'node:querystring';
import { Failure, type FailureKind } from '../core/failure.js';

/** A message to a service of the user's: a monitor, or whoever waits for a retraining. */
export interface OutgoingMessage {
  /** User and password in it are sent as `Authorization: Basic`. */
  url: string;
  /** Default POST. */
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** Time allowed from the first look-up of the name to the answer's status. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** The answer's status; its body is not looked at. */
export interface Receipt {
  status: number;
}

/** Answers other than 5xx that say: the same message may be taken later. */
const TRANSIENT_STATUSES = [408, 425, 429];

/**
 * Sends one message and waits for the answer's status. A redirect is not followed: it could lead anywhere.
 *
 * @throws Failure `NOT_TOLD`: temporary when nobody answered in time or the answer asks to come again (5xx, 408, 425,
 *   429, with its `Retry-After`), failed for any other answer but 2xx. It names the host but never the path or the user,
 *   which may be secrets.
 */
export async function sendRequest(message: OutgoingMessage): Promise<Receipt> {
  const { signal, timeoutMs } = message;
  const { host } = new URL(message.url);
  const limit = AbortSignal.timeout(timeoutMs);
  let answer: IncomingMessage;
  try {
    answer = await openResponse(message, signal ? AbortSignal.any([signal, limit]) : limit);
  } catch (error) {
    if (signal?.aborted && signal.reason instanceof Failure) throw signal.reason;
    const why = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    throw deliveryFailure('temporary', `${host} could not be told: ${why}`, { cause: error });
  }
  const { statusCode: status = 0, headers } = answer;
  if (status >= 200 && status < 300) return { status };
  const isPassing = status >= 500 || TRANSIENT_STATUSES.includes(status);
  throw deliveryFailure(isPassing ? 'temporary' : 'failed', `${host} answered with HTTP ${status}`, {
    retryAfterMs: retryAfterOf(headers['retry-after']),
  });
}

/** The head of the answer. Node's `fetch` would do as well, but to load it takes longer than a job with little to do. */
async function openResponse(
  { url, method = 'POST', headers, body }: OutgoingMessage,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const address = new URL(url);
  const { protocol, username, password } = address;
  // Node refuses a "%" in them that begins no escape; here, as in browsers, it stands for itself
  const auth = username || password ? `${unescape(username)}:${unescape(password)}` : null;
  address.username = address.password = '';
  const send = protocol === 'https:' ? (await import('node:https')).request : request;
  return new Promise((resolve, reject) => {
    send(address, { method, headers, signal, auth, agent: false })
      .once('response', (answer) => resolve(answer.destroy()))
      .on('error', reject)
      .end(body);
  });
}

function deliveryFailure(
  kind: FailureKind,
  message: string,
  details: { cause?: unknown; retryAfterMs?: number | undefined },
) {
  return new Failure(kind, message, { code: 'NOT_TOLD', ...details });
}

/** Seconds, or a time (RFC 9110, 10.2.3), in milliseconds from now. */
function retryAfterOf(header: string | undefined): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : Math.max(0, timeMs - Date.now());
}

/** The system's word for what went wrong, where it has one. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
