import { Agent, type ClientRequest, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { RequestError } from './request-error.js';

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface SendOptions {
  /** Ends the request at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** From the first byte sent to the last byte received, so that a server that sends byte by byte is given up too. */
  deadlineMs: number;
  /** Until the connection is established, DNS and TLS included; 4.5 s at most. */
  connectDeadlineMs?: number;
}

export type SendGet = (url: string, options: SendOptions) => Promise<HttpResponse>;

const CONNECT_DEADLINE_MS = 4_500;
/** A thousand klines are 180 kB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const HEADERS = { accept: 'application/json', 'user-agent': 'chartctl' };

/** Node's client for http:// or https://. */
interface Sender {
  get: typeof get;
  agent: Agent;
  /** The socket's event for an established connection. */
  connected: 'connect' | 'secureConnect';
}

/**
 * GET requests over kept-alive connections, each with a total deadline. Redirects are not followed.
 *
 * Idle connections do not keep the process alive, so nothing needs closing.
 *
 * @returns a function whose promise rejects with a RequestError (`network`, `blocked`, `invalid`) or the signal's reason
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
        clearTimeouts();
        request.destroy();
        reject(reason);
      };
      const clearTimeouts = enforceTimeouts(request, { ...options, host, connected }, fail);
      request.on('error', (error) => fail(toRequestError(error, host)));
      request.on('response', (response) => {
        readBody(response, host).then((read) => {
          clearTimeouts();
          resolve(read);
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
    throw new RequestError('network', `${host} closed the connection in the middle of its answer`, { cause: error });
  }
  if (size > MAX_BODY_BYTES) {
    throw new RequestError('invalid', `${host} answered with more than ${MAX_BODY_BYTES} bytes`);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
}

const NETWORK_ERRORS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'was not found (DNS)',
  EAI_AGAIN: 'could not be looked up (DNS)',
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'could not be connected to in time',
  HPE_HEADER_OVERFLOW: 'answered with too many headers',
};
/** The codes of OpenSSL and Node for certificates that are not valid for the host. */
const CERTIFICATE_ERROR = /CERT|LEAF_SIGNATURE|ISSUER/;
/** OpenSSL's messages when the other side does not speak TLS. */
const NOT_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;

/** A host without a valid certificate, or without TLS, is `blocked`: it is not tried again. */
function toRequestError(error: Error, host: string): RequestError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (CERTIFICATE_ERROR.test(code)) return certificateError(host, error);
  if (code === 'EPROTO') return tlsError(host, error);
  const what = NETWORK_ERRORS[code] ?? `could not be reached: ${error.message || code || 'unknown error'}`;
  return new RequestError('network', `${host} ${what}`, { cause: error });
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
