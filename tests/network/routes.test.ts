import * as assert from 'uvu/assert';
import { openMarket } from '../../src/exchange/open-market.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { sendRequest } from '../../src/monitoring/send-request.js';
import { readProxySettings } from '../../src/config/read-proxies.js';
import { type ConnectProxy, startConnectProxy } from '../harness/connect-proxy.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { findFreePort } from '../harness/scratch-cluster.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type Receiver, startReceiver } from '../monitoring/start-receiver.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const RANGE = { from: NOW - 600_000, to: NOW };

interface World {
  exchange: Loopback;
  receiver: Receiver;
  proxy: ConnectProxy;
}

async function start(): Promise<World> {
  const exchange = await startLoopback({
    binance: memorySource({ BTCUSDT: generateCandles('BTCUSDT', RANGE) }),
    nowMs: NOW + 5_000,
  });
  const receiver = await startReceiver();
  const portOf = (url: string) => Number(new URL(url).port);
  const hosts = { 'binance.invalid': portOf(exchange.url), 'monitor.invalid': portOf(receiver.url) };
  return { exchange, receiver, proxy: await startConnectProxy({ hosts }) };
}

const open = (environment: Record<string, string>, url = 'http://binance.invalid') =>
  openMarket({ binanceUrls: [url], fallbacks: [], proxies: readProxySettings(environment) });

group<World>(
  'requests for http:// through a proxy',
  (test) => {
    test('reach a host that only the proxy knows, over one connection', async ({ proxy }) => {
      proxy.asked.length = 0;
      const market = open({ HTTP_PROXY: proxy.url });
      assert.is((await market.fetchCandles('BTCUSDT', RANGE)).length, 10);
      assert.is((await market.readClock()).source, 'exchange');
      assert.is(proxy.asked.length, 2);
      assert.match(proxy.asked[0]!, /^GET http:\/\/binance\.invalid\/api\/v3\/klines\?.*symbol=BTCUSDT/);
    });

    test('are sent directly where NO_PROXY names the host', async ({ proxy, exchange }) => {
      proxy.asked.length = 0;
      const market = open({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.0/8' }, exchange.url);
      assert.is((await market.fetchCandles('BTCUSDT', RANGE)).length, 10);
      assert.equal(proxy.asked, []);
    });

    test('of a ping and a webhook carry the credentials of the proxy and of the receiver', async (world) => {
      const { proxy, receiver } = world;
      proxy.asked.length = 0;
      const proxies = readProxySettings({ HTTP_PROXY: proxy.url.replace('//', '//user:p%40ss@') });
      await sendRequest({ url: 'http://me:secret@monitor.invalid/check?a=1', body: 'x', timeoutMs: 2_000, proxies });
      assert.equal(proxy.asked, ['POST http://monitor.invalid/check?a=1 as user:p@ss']);
      const [{ path, body, headers }] = receiver.received as [Receiver['received'][0]];
      assert.equal([path, body, headers.host], ['/check?a=1', 'x', 'monitor.invalid']);
      assert.is(headers.authorization, `Basic ${Buffer.from('me:secret').toString('base64')}`);
      assert.is(headers['proxy-authorization'], undefined);
    });

    test('fail with the name of the proxy where it is not there', async () => {
      const port = await findFreePort();
      const proxies = { HTTP_PROXY: `http://u:hunter2@127.0.0.1:${port}` };
      const { source, problem } = await open(proxies).readClock();
      assert.is(source, 'local');
      assert.is(problem, `the proxy 127.0.0.1:${port} refused the connection`);
      const url = 'http://monitor.invalid/';
      const sending = sendRequest({ url, timeoutMs: 2_000, proxies: readProxySettings(proxies) });
      const failure = await expectFailure(sending);
      assert.is(
        failure.message,
        `the request to monitor.invalid failed: the proxy 127.0.0.1:${port} refused the connection`,
      );
      assert.is(failure.kind, 'temporary');
    });

    test('are refused, once, where the proxy asks for a password', async ({ proxy }) => {
      proxy.refuseWith(407);
      proxy.asked.length = 0;
      try {
        const failure = await expectFailure(open({ HTTP_PROXY: proxy.url }).fetchCandles('BTCUSDT', RANGE));
        assert.equal([failure.code, failure.kind, proxy.asked.length], ['PROXY_REFUSED', 'failed', 1]);
        assert.is(failure.message, `the proxy localhost:${proxy.port} asks for a user and a password (407)`);
        assert.match(failure.hint ?? '', /HTTP_PROXY: http:\/\/USER:PASSWORD@/);
      } finally {
        proxy.refuseWith(undefined);
      }
    });

    test('are refused where the proxy is not one for HTTP, as wrong usage', async () => {
      const failure = await expectFailure(open({ ALL_PROXY: 'socks5://p:1080' }).fetchCandles('BTCUSDT', RANGE));
      assert.equal([failure.message, failure.exitCode], ['ALL_PROXY begins with "socks5://"', 2]);
    });
  },
  {
    setup: start,
    teardown: async ({ exchange, receiver, proxy }) => {
      await Promise.all([exchange.close(), receiver.close(), proxy.close()]);
    },
  },
);
