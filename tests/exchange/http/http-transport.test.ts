import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { openTransport } from '../../../src/exchange/http/http-transport.js';
import { RequestError } from '../../../src/exchange/http/request-error.js';
import { group } from '../../harness/group.js';

async function serve(listener: RequestListener, body: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function problemOf(work: Promise<unknown>): Promise<RequestError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, RequestError);
  return error as RequestError;
}

group('http transport', (test) => {
  test('one connection carries one request after the other', async () => {
    const ports = new Set<number | undefined>();
    await serve(
      (request, response) => {
        ports.add(request.socket.remotePort);
        response.end('[]');
      },
      async (url) => {
        const send = openTransport();
        for (let i = 0; i < 5; i += 1) assert.is((await send(url, { deadlineMs: 1000 })).text, '[]');
      },
    );
    assert.is(ports.size, 1);
  });

  test('every request has a user agent', async () => {
    let agent: string | undefined;
    await serve(
      (request, response) => {
        agent = request.headers['user-agent'];
        response.end();
      },
      async (url) => void (await openTransport()(url, { deadlineMs: 1000 })),
    );
    assert.is(agent, 'chartctl');
  });

  test('a truncated body is a network error, not half a response', () =>
    serve(
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('[1,2', () => response.socket?.end());
      },
      async (url) => {
        const problem = await problemOf(openTransport()(url, { deadlineMs: 1000 }));
        assert.is(problem.kind, 'network');
        assert.match(problem.message, /in the middle of its answer/);
      },
    ));

  test('a body without end is refused before it fills the memory', () =>
    serve(
      (_request, response) => {
        const chunk = Buffer.alloc(1024 * 1024, '9');
        const more = () => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on('drain', more);
        more();
      },
      async (url) => {
        const problem = await problemOf(openTransport()(url, { deadlineMs: 10_000 }));
        assert.equal([problem.kind, /more than 8388608 bytes/.test(problem.message)], ['invalid', true]);
      },
    ));

  test('arriving bytes do not extend the deadline', () =>
    serve(
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(timer));
      },
      async (url) => {
        const problem = await problemOf(openTransport()(url, { deadlineMs: 300 }));
        assert.match(problem.message, /did not answer in full within 0\.3 s/);
      },
    ));

  test('a body that would unpack to a thousand times its size is not unpacked', () => {
    const packed = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    return serve(
      (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
      async (url) => {
        const { text } = await openTransport()(url, { deadlineMs: 5_000 });
        assert.ok(text.length <= packed.length, `${text.length} characters of ${packed.length} bytes`);
      },
    );
  });

  test('a flood of headers is refused', () =>
    serve(
      (_request, response) => response.writeHead(200, { 'x-flood': 'x'.repeat(1024 * 1024) }).end('[]'),
      async (url) => {
        const problem = await problemOf(openTransport()(url, { deadlineMs: 5_000 }));
        assert.equal([problem.kind, /answered with too many headers/.test(problem.message)], ['network', true]);
      },
    ));

  test('a server that does not speak HTTP is a network error', () =>
    serve(
      (request) => request.socket.end('SSH-2.0-OpenSSH_9\r\n'),
      async (url) => assert.is((await problemOf(openTransport()(url, { deadlineMs: 1000 }))).kind, 'network'),
    ));
});
