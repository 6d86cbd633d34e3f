import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ProxySettings } from '../../network/proxies.js';
import { describeNetworkError, ProxyError } from '../../network/proxy-error.js';
import { openRoutes, type Route } from '../../network/routes.js';
import { RequestError } from './request-error.js';

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A response with its body as it came; `text` is decoded when it is read. */
export interface RawResponse extends HttpResponse {
  bytes: Buffer;
}

export interface SendOptions {
  /** Ends the request at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** From the first byte sent to the last byte received, so that a server that sends byte by byte is given up too. */
  deadlineMs: number;
  /** Until the connection is established, DNS and TLS included; 4.5 s at most. */
  connectDeadlineMs?: number;
  /** A longer body is refused; 8 MB by default. */
  maxBodyBytes?: number;
}

export type SendGet = (url: string, options: SendOptions) => Promise<RawResponse>;

const CONNECT_DEADLINE_MS = 4_500;
/** A thousand klines are 180 kB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const HEADERS = { accept: 'application/json', 'user-agent': 'chartctl' };

/**
 * GET requests over kept-alive connections, each with a total deadline. Redirects are not followed.
 *
 * Idle connections do not keep the process alive, so nothing needs closing.
 *
 * @returns a function whose promise rejects with a RequestError (`network`, `blocked`, `invalid`), the signal's reason,
 *   or a Failure (usage) for a proxy that is not understood
 */
export function openTransport(proxies?: ProxySettings): SendGet {
  const findRoute = openRoutes(proxies, { keepAlive: true });

  return async (url, options) => {
    const address = new URL(url);
    const { host } = address;
    const route = await findRoute(address);
    const { connected, proxy } = route;
    const request = route.request(address, { ...route.options, headers: { ...HEADERS, ...route.options.headers } });
    const name = proxy ? `${host} (through the proxy ${proxy.name})` : host;
    return new Promise((resolve, reject) => {
      const fail = (reason: Error) => {
        clearTimeouts();
        request.destroy();
        reject(reason);
      };
      const clearTimeouts = enforceTimeouts(request, { ...options, host: name, connected }, fail);
      request.on('error', (error) => fail(toRequestError(error, name, route)));
      request.on('response', (response) => {
        readBody(response, host, options.maxBodyBytes).then((read) => {
          clearTimeouts();
          if (route.isForwarded && proxy && read.status === 407)
            reject(toProxyRequestError(ProxyError.refused(proxy, host, 407)));
          else resolve(read);
        }, fail);
      });
      request.end();
    });
  };
}

interface TimeoutOptions extends SendOptions {
  host: string;
  connected: Route['connected'];
}

/** Fails the request at its deadlines and when it is aborted. Returns a function that removes timers and listeners. */
function enforceTimeouts(
  request: ClientRequest,
  { host, connected, signal, deadlineMs, connectDeadlineMs = deadlineMs }: TimeoutOptions,
  fail: (reason: Error) => void,
) {
  const failAfter = (limitMs: number, what: string) =>
    setTimeout(() => fail(new RequestError('network', `${host} ${what} ${Math.round(limitMs / 100) / 10} s`)), limitMs);
  const total = failAfter(deadlineMs, 'did not answer in full within');
  const connecting = failAfter(Math.min(CONNECT_DEADLINE_MS, connectDeadlineMs), 'could not be connected to within');
  const abort = () => fail(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
  request.on('socket', (socket) => {
    if (request.reusedSocket) clearTimeout(connecting);
    else socket.once(connected, () => clearTimeout(connecting));
  });
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) queueMicrotask(abort);
  return () => {
    clearTimeout(total);
    clearTimeout(connecting);
    signal?.removeEventListener('abort', abort);
  };
}

async function readBody(response: IncomingMessage, host: string, maxBytes = MAX_BODY_BYTES): Promise<RawResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) break;
    }
  } catch (error) {
    throw new RequestError('network', `${host} closed the connection in the middle of its answer`, { cause: error });
  }
  if (size > maxBytes) {
    throw new RequestError('invalid', `${host} answered with more than ${maxBytes} bytes`);
  }
  const bytes = Buffer.concat(chunks, size);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes,
    get text() {
      return bytes.toString('utf8');
    },
  };
}

/** The codes of OpenSSL and Node for certificates that are not valid for the host. */
const CERTIFICATE_ERROR = /CERT|LEAF_SIGNATURE|ISSUER/;
/** OpenSSL's messages when the other side does not speak TLS. */
const NOT_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;

/**
 * A host without a valid certificate, or without TLS, is `blocked`: it is not tried again. Nor is it where a proxy does
 * not permit it.
 */
function toRequestError(error: Error, name: string, { proxy, isForwarded }: Route): RequestError {
  if (error instanceof ProxyError) return toProxyRequestError(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (CERTIFICATE_ERROR.test(code)) return certificateError(name, error);
  if (code === 'EPROTO') return tlsError(name, error);
  if (proxy && isForwarded) return toProxyRequestError(ProxyError.unreachable(proxy, error));
  return new RequestError('network', `${name} ${describeNetworkError(error)}`, { cause: error });
}

function toProxyRequestError(error: ProxyError): RequestError {
  const { message, hint, isRefusal } = error;
  const code = isRefusal ? 'PROXY_REFUSED' : undefined;
  return new RequestError(isRefusal ? 'blocked' : 'network', message, { code, hint, cause: error });
}

function certificateError(host: string, error: Error): RequestError {
  const reason = error.message.replace(/[\s:]+$/, '');
  return new RequestError('blocked', `${host} has no valid certificate: ${reason}`, {
    code: 'UNTRUSTED',
    hint: "check the base URL and this machine's clock; behind a proxy with its own authority set NODE_EXTRA_CA_CERTS",
    cause: error,
  });
}

function tlsError(host: string, error: Error): RequestError {
  if (!NOT_TLS.test(error.message)) {
    return new RequestError('network', `${host} failed at the TLS handshake`, { cause: error });
  }
  const hint = 'is its base URL http:// instead of https://?';
  return new RequestError('blocked', `${host} does not speak TLS`, { code: 'UNTRUSTED', hint, cause: error });
}
