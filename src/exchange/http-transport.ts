import { Agent, get, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { describeNetworkError } from './describe-network-error.js';
import { RequestProblem } from './request-problem.js';

export interface HttpAnswer {
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

export type SendGet = (url: string, options: SendOptions) => Promise<HttpAnswer>;

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
      const stopWatching = watchTime(request, { ...options, host, connected }, fail);
      request.on('error', (error) => fail(describeNetworkError(error, host)));
      request.on('response', (response) => {
        collect(response, host).then((answer) => {
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

interface Watched extends SendOptions {
  host: string;
  connected: Sender['connected'];
}

/** Fails the request when it takes too long to connect or to be answered, or is aborted; returns how to stop watching. */
function watchTime(
  request: ClientRequest,
  { host, connected, signal, deadlineMs, connectDeadlineMs = deadlineMs }: Watched,
  fail: (reason: Error) => void,
) {
  const failAfter = (limitMs: number, what: string) =>
    setTimeout(
      () => fail(new RequestProblem('network', `${host} ${what} ${Math.round(limitMs / 100) / 10} s`)),
      limitMs,
    );
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

async function collect(response: IncomingMessage, host: string): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
    }
  } catch (error) {
    throw new RequestProblem('network', `${host} broke the connection in the middle of its answer`, { cause: error });
  }
  if (size > MAX_BODY_BYTES) {
    throw new RequestProblem('nonsense', `${host} answered with more than ${MAX_BODY_BYTES} bytes`);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
}
