import type { IncomingMessage } from 'node:http';
import { unescape } from 'node:querystring';
import { Failure, type FailureKind } from '../core/failure.js';
import type { ProxySettings } from '../network/proxies.js';
import { ProxyError } from '../network/proxy-error.js';
import { openRoutes } from '../network/routes.js';

/** A message to a service that the user names: a monitor, or the receiver of a webhook. */
export interface OutgoingMessage {
  /** User and password in it are sent as `Authorization: Basic`. */
  url: string;
  /** Default POST. */
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** Time allowed from the DNS look-up to the response's status. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** The proxies that requests go through; absent: they are sent directly. */
  proxies?: ProxySettings | undefined;
}

/** The response's status; its body is not read. */
interface Receipt {
  status: number;
}

/** Statuses other than 5xx after which the same message may be accepted later. */
const TRANSIENT_STATUSES = [408, 425, 429];

/**
 * Sends one message and waits for the response's status. Redirects are not followed.
 *
 * @throws Failure `NOT_TOLD`: temporary without a response in time and for 5xx, 408, 425 and 429 (with its
 *   `Retry-After`), failed for any other status but 2xx. The message names the host, never the path or the user, which
 *   may be secrets.
 */
export async function sendRequest(message: OutgoingMessage): Promise<Receipt> {
  const { signal, timeoutMs } = message;
  const { host } = new URL(message.url);
  const limit = AbortSignal.timeout(timeoutMs);
  let response: IncomingMessage;
  try {
    response = await openResponse(message, signal ? AbortSignal.any([signal, limit]) : limit);
  } catch (error) {
    if (signal?.aborted && signal.reason instanceof Failure) throw signal.reason;
    if (error instanceof Failure) throw error;
    if (error instanceof ProxyError && error.isRefusal) {
      throw deliveryFailure('failed', `the request to ${host} failed: ${error.message}`, {
        hint: error.hint,
        cause: error,
      });
    }
    const reason = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    throw deliveryFailure('temporary', `the request to ${host} failed: ${reason}`, { cause: error });
  }
  const { statusCode: status = 0, headers } = response;
  if (status >= 200 && status < 300) return { status };
  const isTransient = status >= 500 || TRANSIENT_STATUSES.includes(status);
  throw deliveryFailure(isTransient ? 'temporary' : 'failed', `${host} answered with HTTP ${status}`, {
    retryAfterMs: retryAfterOf(headers['retry-after']),
  });
}

/** The response without its body. Not with `fetch`, whose first use costs 120 ms, more than a short job. */
async function openResponse(
  { url, method = 'POST', headers, body, proxies }: OutgoingMessage,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const address = new URL(url);
  const { username, password, host } = address;
  // Node rejects a "%" that does not begin an escape sequence; browsers take it literally, and so does this
  const auth = username || password ? `${unescape(username)}:${unescape(password)}` : null;
  address.username = address.password = '';
  const { request, options, proxy, isForwarded } = await openRoutes(proxies, { keepAlive: false })(address);
  return new Promise((resolve, reject) => {
    request(address, { ...options, method, headers: { ...headers, ...options.headers }, signal, auth })
      .once('response', (response) => {
        response.destroy();
        const isRefused = isForwarded && proxy && response.statusCode === 407;
        if (isRefused) reject(ProxyError.refused(proxy, host, 407));
        else resolve(response);
      })
      .on('error', (error) => reject(isForwarded && proxy ? ProxyError.unreachable(proxy, error) : error))
      .end(body);
  });
}

function deliveryFailure(
  kind: FailureKind,
  message: string,
  details: { cause?: unknown; retryAfterMs?: number | undefined; hint?: string | undefined },
) {
  return new Failure(kind, message, { code: 'NOT_TOLD', ...details });
}

/** `Retry-After`, which holds seconds or a time (RFC 9110, 10.2.3), in milliseconds from now. */
function retryAfterOf(header: string | undefined): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : Math.max(0, timeMs - Date.now());
}

/** The error's code, such as ECONNREFUSED, or its message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ProxyError) return error.message;
  return 'code' in error ? String(error.code) : error.message;
}
