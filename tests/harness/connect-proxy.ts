import { createServer, type IncomingMessage, request } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** An HTTP proxy on loopback, which does not look up names: it knows where its hosts are. */
export interface ConnectProxy {
  url: string;
  port: number;
  /** What it was asked for: `CONNECT host:port`, `GET http://host/path`, each with the user if there was one. */
  asked: string[];
  /** Answers every request with this status. */
  refuseWith: (status: number | undefined) => void;
  close: () => Promise<void>;
}

interface ProxyOptions {
  /** The port on 127.0.0.1 of each host. */
  hosts: Readonly<Record<string, number>>;
  /** `user:password` that requests must have. */
  credentials?: string;
  /** Makes it a proxy that is itself asked with TLS. */
  tls?: Pick<ServerOptions, 'key' | 'cert'>;
}

/** Starts a proxy that forwards requests for http:// and opens tunnels (CONNECT) for everything else. */
export async function startConnectProxy({ hosts, credentials, tls }: ProxyOptions): Promise<ConnectProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  let refusal: number | undefined;

  const check = ({ method, url, headers }: IncomingMessage): number | undefined => {
    const [, encoded = ''] = (headers['proxy-authorization'] ?? '').split(' ');
    const user = Buffer.from(encoded, 'base64').toString();
    asked.push(`${method} ${url}${user ? ` as ${user}` : ''}`);
    return credentials !== undefined && user !== credentials ? 407 : refusal;
  };
  const server = tls ? createSecureServer(tls) : createServer();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('request', (incoming: IncomingMessage, response) => {
    const status = check(incoming);
    if (status !== undefined) return void response.writeHead(status).end();
    const target = new URL(incoming.url ?? '');
    const headers = { ...incoming.headers };
    delete headers['proxy-authorization'];
    const options = { host: '127.0.0.1', port: hosts[target.hostname], method: incoming.method, headers };
    const outgoing = request({ ...options, path: `${target.pathname}${target.search}` }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    const status = check(incoming);
    if (status !== undefined) return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const [, host = ''] = /^(.*):\d+$/.exec(incoming.url ?? '') ?? [];
    const target = connect({ host: '127.0.0.1', port: hosts[host] ?? 1 });
    for (const socket of [client, target]) socket.on('error', () => undefined);
    target.once('error', () => client.end('HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n'));
    target.once('connect', () => {
      open.add(target);
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(target).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  const url = `http${tls ? 's' : ''}://localhost:${port}`;
  return { url, port, asked, refuseWith: (status) => (refusal = status), close };
}
