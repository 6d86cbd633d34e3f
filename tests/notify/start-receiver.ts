import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
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

/** A service on the loopback address that keeps what it is told. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers: Answer[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body, at: Date.now() });
      const answer = answers.shift() ?? { status: 204 };
      if (answer === 'hang up') request.socket.destroy();
      else if (answer !== 'silence') response.writeHead(answer.status, answer.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, answers, close };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
