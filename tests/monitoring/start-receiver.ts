import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A message as it arrived. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** When it was here whole, epoch milliseconds. */
  at: number;
}

/** What the receiver answers with; `silence` never answers. */
export type Answer = { status: number; headers?: Record<string, string> } | 'silence' | 'hang up';

export interface Receiver {
  url: string;
  received: Received[];
  /** Answers for the next messages; after them every one gets 204. */
  answers: Answer[];
  close: () => Promise<void>;
}

/**
 * A service on the loopback address that keeps the messages it receives.
 *
 * @param credentials key and certificate for `localhost`, of one that is asked with https
 */
export async function startReceiver(credentials?: Pick<ServerOptions, 'key' | 'cert'>): Promise<Receiver> {
  const received: Received[] = [];
  const answers: Answer[] = [];
  const listener: RequestListener = (request, response) => {
    void readBody(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body, at: Date.now() });
      const answer = answers.shift() ?? { status: 204 };
      if (answer === 'hang up') request.socket.destroy();
      else if (answer !== 'silence') response.writeHead(answer.status, answer.headers).end();
    });
  };
  const server = credentials ? createSecureServer(credentials, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const { port } = server.address() as AddressInfo;
  return { url: credentials ? `https://localhost:${port}` : `http://127.0.0.1:${port}`, received, answers, close };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
