import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openMarket } from '../../src/exchange/open-market.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { hasOpenssl, makeCertificates } from '../harness/tls-proxy.js';

const RANGE = { from: 0, to: 60_000 };

async function withServer(server: Server, body: (port: number) => Promise<void>) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

const ask = (url: string) => openMarket({ binanceUrls: [url], fallbacks: [] }).fetchCandles('BTCUSDT', RANGE);

group('market: hosts without TLS or a valid certificate', (test) => {
  test('a host that does not speak TLS is tried once, and the message of OpenSSL is not shown', async () => {
    let asked = 0;
    const server = createPlainServer().on('connection', () => (asked += 1));
    await withServer(server, async (port) => {
      const failure = await expectFailure(ask(`https://127.0.0.1:${port}`));
      assert.equal([failure.kind, failure.code, asked], ['failed', 'UNTRUSTED', 1]);
      assert.is(failure.message, `127.0.0.1:${port} does not speak TLS`);
      assert.match(failure.hint ?? '', /http:\/\//);
    });
  });

  if (!hasOpenssl()) return test.skip('certificates that are not good are refused', 'no openssl here');
  test('a self-signed certificate is refused without a retry, and the host and the reason are named', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chartctl-tls-'));
    let asked = 0;
    const server = createServer(makeCertificates(directory), (_request, response) => response.end('[]'));
    server.on('connection', () => (asked += 1));
    await withServer(server, async (port) => {
      const failure = await expectFailure(ask(`https://me:hunter2@localhost:${port}`));
      assert.equal([failure.kind, failure.code, asked], ['failed', 'UNTRUSTED', 1]);
      assert.match(failure.message, new RegExp(`^localhost:${port} has no valid certificate: .*certificate`));
      assert.match(failure.hint ?? '', /NODE_EXTRA_CA_CERTS/);
      assert.not.match(`${failure.message} ${failure.hint}`, /hunter2/);
    });
    rmSync(directory, { recursive: true });
  });
});
