import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import * as assert from 'uvu/assert';
import { startChartctl } from '../harness/chartctl-process.js';
import { type ConnectProxy, startConnectProxy } from '../harness/connect-proxy.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { type JobDocument, shellGroup, type ShellWorld } from '../harness/shell-world.js';
import { hasOpenssl, makeCertificates } from '../harness/tls-proxy.js';
import { type Receiver, startReceiver } from '../monitoring/start-receiver.js';

const CREDENTIALS = 'user:hunter2';
const servers = databases().filter(({ name }) => name === 'PostgreSQL');

/** Hosts that are reached only through a proxy, and only with TLS. */
interface Hidden {
  proxy: ConnectProxy;
  secureProxy: ConnectProxy;
  monitor: Receiver;
  environment: Record<string, string>;
  close: () => Promise<void>;
}

async function hide(exchangeUrl: string): Promise<Hidden> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-proxy-'));
  const authorities: string[] = [];
  const certify = (host: string) => {
    const { key, cert, rootCert } = makeCertificates(folder, { host });
    authorities.push(readFileSync(rootCert, 'utf8'));
    return { key, cert };
  };
  const exchange = await startTls(certify('binance.invalid'), Number(new URL(exchangeUrl).port));
  const monitor = await startReceiver(certify('monitor.invalid'));
  const hosts = {
    'binance.invalid': (exchange.address() as AddressInfo).port,
    'monitor.invalid': Number(new URL(monitor.url).port),
    'plain.invalid': Number(new URL(exchangeUrl).port),
  };
  const proxy = await startConnectProxy({ hosts, credentials: CREDENTIALS });
  const secureProxy = await startConnectProxy({ hosts, tls: certify('localhost') });
  const authorityFile = join(folder, 'authorities.pem');
  writeFileSync(authorityFile, authorities.join(''));
  return {
    proxy,
    secureProxy,
    monitor,
    environment: { NODE_EXTRA_CA_CERTS: authorityFile, CHARTCTL_BINANCE_URL: 'https://binance.invalid' },
    close: async () => {
      exchange.close();
      await Promise.all([monitor.close(), proxy.close(), secureProxy.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Adds TLS to a server on loopback. */
async function startTls(credentials: { key: Buffer; cert: Buffer }, port: number): Promise<Server> {
  const server = createServer(credentials, (client) => {
    const target = connect({ host: '127.0.0.1', port });
    for (const socket of [client, target]) socket.on('error', () => undefined);
    client.pipe(target).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const reason = servers.length === 0 ? 'no PostgreSQL here' : !hasOpenssl() ? 'no openssl here' : undefined;

if (reason !== undefined) group('a proxy', (test) => test.skip('all', reason));
else {
  shellGroup(
    'a proxy',
    (test) => {
      let hidden: Hidden;
      const run = (shell: ShellWorld, environment: Record<string, string>, ...argv: string[]) => {
        const { context } = shell;
        return startChartctl(argv, {
          ...context,
          environment: { ...context.environment, ...hidden.environment, ...environment },
        }).ended;
      };
      const withUser = (url: string, user: string) => url.replace('//', `//${user}@`);

      test('opens tunnels to the exchange and to the monitor', async (shell) => {
        hidden = await hide(shell.exchange.url);
        await shell.run('migrate');
        const { proxy, monitor } = hidden;
        const environment = { HTTPS_PROXY: withUser(proxy.url, CREDENTIALS) };
        const ping = ['--ping-url', 'https://monitor.invalid/check'];
        const { exitCode, stdout, stderr } = await run(shell, environment, 'ingest', 'BTCUSDT', ...ping);
        assert.is(exitCode, 0, stderr);
        assert.not.match(stdout + stderr, /hunter2/);
        assert.is((await shell.rows('BTCUSDT')).length, 1000);
        assert.equal([...new Set(proxy.asked)].sort(), [
          'CONNECT binance.invalid:443 as user:hunter2',
          'CONNECT monitor.invalid:443 as user:hunter2',
        ]);
        assert.equal(
          monitor.received.map(({ path }) => path.replace(/\?.*/, '')),
          ['/check/start', '/check/0'],
        );
      });

      test('may itself be asked with TLS', async (shell) => {
        const { secureProxy } = hidden;
        const { exitCode, stderr } = await run(shell, { HTTPS_PROXY: secureProxy.url }, 'ingest', 'ETHUSDT');
        assert.is(exitCode, 0, stderr);
        assert.equal([...new Set(secureProxy.asked)], ['CONNECT binance.invalid:443']);
        const plain = { HTTP_PROXY: secureProxy.url, CHARTCTL_BINANCE_URL: 'http://plain.invalid' };
        const forwarded = await run(shell, plain, 'ingest', 'DOGEUSDT');
        assert.is(forwarded.exitCode, 0, forwarded.stderr);
        assert.match(secureProxy.asked.at(-1)!, /^GET http:\/\/plain\.invalid\/api\/v3\//);
      });

      test('that refuses the user is named, without the password', async (shell) => {
        const { proxy } = hidden;
        const environment = { HTTPS_PROXY: withUser(proxy.url, 'user:hunter3') };
        const { exitCode, stderr } = await run(shell, environment, 'ingest', 'BTCUSDT', '--at', '2025-06-01T11:00Z');
        assert.is(exitCode, 1);
        assert.match(stderr, `the proxy localhost:${proxy.port} refused the user or the password (407)`);
        assert.not.match(stderr, /hunter3/);
      });

      test('that is not one for HTTP is wrong usage', async (shell) => {
        const { exitCode, stderr } = await run(
          shell,
          { ALL_PROXY: 'socks5://u:hunter2@127.0.0.1:1' },
          'ingest',
          'BTCUSDT',
        );
        assert.is(exitCode, 2);
        assert.match(stderr, 'error: BTCUSDT: ALL_PROXY begins with "socks5://"\nhint: ');
        assert.not.match(stderr, /hunter2/);
      });

      test('that does not permit a host is named', async (shell) => {
        hidden.secureProxy.refuseWith(403);
        const { exitCode, stderr } = await run(shell, { HTTPS_PROXY: hidden.secureProxy.url }, 'ingest', 'BTCUSDT');
        assert.is(exitCode, 1);
        assert.match(stderr, /the proxy localhost:\d+ answered 403 for binance\.invalid:443/);
        hidden.secureProxy.refuseWith(undefined);
      });

      test('is named by doctor, with the hosts that are asked through it', async (shell) => {
        const environment = {
          HTTPS_PROXY: withUser(hidden.proxy.url, CREDENTIALS),
          CHARTCTL_FALLBACK: 'okx',
          CHARTCTL_OKX_URL: 'http://127.0.0.1:1',
        };
        const { stdout } = await run(shell, environment, 'doctor', 'BTCUSDT', '--json');
        const { checks } = JSON.parse(stdout) as JobDocument & { checks: Record<string, string>[] };
        const found = (check: string) => checks.find((result) => result.check === check)?.found;
        assert.is(
          found('proxy'),
          `localhost:${hidden.proxy.port} (HTTPS_PROXY) for binance.invalid; none for 127.0.0.1:1`,
        );
        assert.match(found('Binance binance.invalid') ?? '', /^answers/);
        assert.not.match(stdout, /hunter2/);
        await hidden.close();
      });
    },
    servers,
  );
}
