import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createSilentServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChartctl } from '../../harness/chartctl-process.js';
import { databases, type TestDatabase } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { hasOpenssl, makeCertificates } from '../../harness/tls-proxy.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { concludeTrial } from '../../harness/trial.js';

/** The 3 s of the clock, the 10 s of a request, a retry of each, and the start on a busy machine. */
const MAX_COMMAND_MS = 35_000;
const SECRET = 'hunter2';

interface HostWorld {
  database: TestDatabase;
  directory: string;
  servers: Server[];
  /** Requests that reached the target of the redirect. */
  redirected: number;
}

interface Case {
  what: string;
  url: (world: HostWorld) => Promise<string>;
  exitCode: number;
  says: RegExp;
  environment?: (world: HostWorld) => Record<string, string>;
}

const CASES: readonly Case[] = [
  {
    what: 'a name that does not exist',
    url: () => Promise.resolve('https://no-such-host.invalid'),
    exitCode: 75,
    says: /no-such-host\.invalid (was not found|could not be looked up) \(DNS\)/,
  },
  {
    what: 'a closed port',
    url: async (world) => {
      const url = await listen(world, createSilentServer());
      await new Promise((resolve) => world.servers.pop()!.close(resolve));
      return url;
    },
    exitCode: 75,
    says: /127\.0\.0\.1:\d+ refused the connection/,
  },
  {
    what: 'a port that never answers',
    url: (world) => listen(world, createSilentServer()),
    exitCode: 75,
    says: /no response within|did not answer in full/,
  },
  {
    what: 'HTTP where HTTPS was expected',
    url: async (world) => (await listen(world, createPlainServer(answer('{}')))).replace('http:', 'https:'),
    exitCode: 1,
    says: /127\.0\.0\.1:\d+ does not speak TLS/,
  },
  {
    what: 'a redirect to another host',
    url: async (world) => {
      const other = await listen(
        world,
        createPlainServer((_request, response) => {
          world.redirected += 1;
          response.end('[]');
        }),
      );
      return listen(
        world,
        createPlainServer((request, response) => {
          response.writeHead(302, { location: `${other}${request.url}` }).end();
        }),
      );
    },
    exitCode: 1,
    says: /127\.0\.0\.1:\d+ answered 302, a redirect to "http:\/\/127\.0\.0\.1:\d+\/[^"]*", which is not followed/,
  },
];

const TLS_CASES: readonly Case[] = [
  {
    what: 'a self-signed certificate',
    url: (world) => listenTls(world),
    exitCode: 1,
    says: /localhost:\d+ has no valid certificate: .*certificate/,
  },
  {
    what: 'a certificate that has expired',
    url: (world) => listenTls(world, { days: -1 }),
    environment: (world) => ({ NODE_EXTRA_CA_CERTS: join(world.directory, 'ca.pem') }),
    exitCode: 1,
    says: /localhost:\d+ has no valid certificate: certificate has expired/,
  },
  {
    what: 'a certificate for another host',
    url: (world) => listenTls(world, { host: 'api.example.test' }),
    environment: (world) => ({ NODE_EXTRA_CA_CERTS: join(world.directory, 'ca.pem') }),
    exitCode: 1,
    says: /localhost:\d+ has no valid certificate: .*altnames: .*api\.example\.test/,
  },
];

const backend = databases().at(-1)!;

group<HostWorld>(
  'hosts that are not the exchange',
  (test) => {
    const cases = hasOpenssl() ? [...CASES, ...TLS_CASES] : CASES;
    if (!hasOpenssl()) test.skip('certificates that are not good are refused', 'no openssl here');
    test(
      'each is refused in bounded time with its exit code, and the host is named but no secret',
      async (world) => {
        const losses: string[] = [];
        for (const tried of cases) losses.push(...(await checkHost(world, tried)));
        if (world.redirected > 0) losses.push(`a redirect was followed ${world.redirected} times`);
        concludeTrial({
          fault: 'a host that cannot be found, does not respond, or is the wrong one',
          tried: cases.length,
          unit: 'hosts',
          losses,
        });
      },
      { timeoutMs: 300_000 },
    );
  },
  {
    setup: async () => {
      const world: HostWorld = {
        database: await backend.create(),
        directory: mkdtempSync(join(tmpdir(), 'chartctl-hosts-')),
        servers: [],
        redirected: 0,
      };
      await run(world, ['migrate'], {});
      return world;
    },
    teardown: async ({ database, directory, servers }) => {
      for (const server of servers) server.close();
      rmSync(directory, { recursive: true });
      await database.drop();
    },
  },
);

async function checkHost(world: HostWorld, { what, url, exitCode, says, environment }: Case): Promise<string[]> {
  const base = new URL(await url(world));
  base.username = 'me';
  base.password = SECRET;
  const began = performance.now();
  const place = { CHARTCTL_BINANCE_URL: base.href, CHARTCTL_FALLBACK: '', ...environment?.(world) };
  const end = await run(world, ['backfill', 'BTCUSDT', '--minutes', '5', '--json'], place);
  const tookMs = performance.now() - began;
  const output = `${end.stdout}${end.stderr}`;
  return [
    ...(end.exitCode === exitCode ? [] : [`${what} ended with ${end.exitCode}: ${output}`]),
    ...(tookMs < MAX_COMMAND_MS ? [] : [`${what} took ${Math.round(tookMs)} ms`]),
    ...(says.test(end.stderr) ? [] : [`${what} printed ${output}`]),
    ...(output.includes(SECRET) ? [`${what} printed the secret: ${output}`] : []),
  ];
}

function run({ database, directory }: HostWorld, argv: string[], environment: Record<string, string>) {
  const { config } = database;
  const place = databaseEnvironment(config);
  return startChartctl(argv, { cwd: directory, environment: { HOME: directory, ...place, ...environment } }).ended;
}

async function listen(world: HostWorld, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  world.servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function listenTls(world: HostWorld, certificate?: { host?: string; days?: number }): Promise<string> {
  const server = createTlsServer(makeCertificates(world.directory, certificate), answer('[]'));
  return (await listen(world, server)).replace('http://127.0.0.1', 'https://localhost');
}

function answer(body: string): RequestListener {
  return (_request, response) => response.end(body);
}
