import { Agent, type ClientRequest, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { RequestError } from './request-error.js';

const NETWORK_ERRORS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'was not found (DNS)',
  EAI_AGAIN: 'could not be looked up (DNS)',
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke the connection',
  EPIPE: 'broke the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'could not be connected to in time',
  HPE_HEADER_OVERFLOW: 'answered with too many headers',
};
/** OpenSSL's and Node's names for certificates that are not good for the host. */
const CERTIFICATE_ERROR = /CERT|LEAF_SIGNATURE|ISSUER/;
/** What OpenSSL says when it hears something else than TLS. */
const NOT_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;

/** What went wrong on the way to a host. A host that cannot show who it is, is not asked again. */
export function toRequestError(error: Error, host: string): RequestError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (CERTIFICATE_ERROR.test(code)) return certificateError(host, error);
  if (code === 'EPROTO') return tlsError(host, error);
  const what = NETWORK_ERRORS[code] ?? `could not be asked: ${error.message || code || 'unknown error'}`;
  return new RequestError('network', `${host} ${what}`, { cause: error });
}

function certificateError(host: string, error: Error): RequestError {
  const why = error.message.replace(/[\s:]+$/, '');
  return new RequestError('blocked', `${host} could not show that it is this host: ${why}`, {
    code: 'UNTRUSTED',
    hint: "check the base URL and this machine's clock; the authority of a proxy of yours belongs into NODE_EXTRA_CA_CERTS",
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

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface SendOptions {
  /** Ends the request at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** From the first byte sent to the last byte received: a server that drips is given up too. */
  deadlineMs: number;
  /** Until the other side is there, name look-up and TLS included; 4.5 s at most. */
  connectDeadlineMs?: number;
}

export type SendGet = (url: string, options: SendOptions) => Promise<HttpResponse>;

const CONNECT_DEADLINE_MS = 4_500;
/** A thousand klines are 180 kB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** How requests are sent, in the open or encrypted. */
interface Sender {
  get: typeof get;
  agent: Agent;
  /** The socket's event that tells that the other side is there. */
  connected: 'connect' | 'secureConnect';
}

const HEADERS = { accept: 'application/json', 'user-agent': 'chartctl' };

/**
 * GET requests over kept-alive connections, each with a real deadline. Redirects are not followed.
 *
 * Idle connections do not keep the process alive, so nothing needs closing.
 *
 * @returns a function whose promise rejects with a RequestProblem (`network`, `nonsense`) or the signal's reason
 */
export function openTransport(): SendGet {
  const plain: Sender = { get, agent: new Agent({ keepAlive: true }), connected: 'connect' };
  let secure: Promise<Sender> | undefined;

  return async (url, options) => {
    const { host, protocol } = new URL(url);
    const sender = protocol === 'https:' ? await (secure ??= openSecure()) : plain;
    const { agent, connected } = sender;
    const request = sender.get(url, { agent, headers: HEADERS });
    return new Promise((resolve, reject) => {
      const fail = (reason: Error) => {
        stopWatching();
        request.destroy();
        reject(reason);
      };
      const stopWatching = enforceTimeouts(request, { ...options, host, connected }, fail);
      request.on('error', (error) => fail(toRequestError(error, host)));
      request.on('response', (response) => {
        readBody(response, host).then((answer) => {
          stopWatching();
          resolve(answer);
        }, fail);
      });
    });
  };
}

async function openSecure(): Promise<Sender> {
  const https = await import('node:https');
  return { get: https.get, agent: new https.Agent({ keepAlive: true }), connected: 'secureConnect' };
}

interface TimeoutOptions extends SendOptions {
  host: string;
  connected: Sender['connected'];
}

/** Fails the request when it takes too long to connect or to be answered, or is aborted; returns how to stop watching. */
function enforceTimeouts(
  request: ClientRequest,
  { host, connected, signal, deadlineMs, connectDeadlineMs = deadlineMs }: TimeoutOptions,
  fail: (reason: Error) => void,
) {
  const failAfter = (limitMs: number, what: string) =>
    setTimeout(() => fail(new RequestError('network', `${host} ${what} ${Math.round(limitMs / 100) / 10} s`)), limitMs);
  const late = failAfter(deadlineMs, 'had not answered in full after');
  const deaf = failAfter(Math.min(CONNECT_DEADLINE_MS, connectDeadlineMs), 'could not be connected to within');
  const abort = () => fail(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
  request.on('socket', (socket) => {
    if (request.reusedSocket) clearTimeout(deaf);
    else socket.once(connected, () => clearTimeout(deaf));
  });
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) queueMicrotask(abort);
  return () => {
    clearTimeout(late);
    clearTimeout(deaf);
    signal?.removeEventListener('abort', abort);
  };
}

async function readBody(response: IncomingMessage, host: string): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
    }
  } catch (error) {
    throw new RequestError('network', `${host} broke the connection in the middle of its answer`, { cause: error });
  }
  if (size > MAX_BODY_BYTES) {
    throw new RequestError('nonsense', `${host} answered with more than ${MAX_BODY_BYTES} bytes`);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
}
