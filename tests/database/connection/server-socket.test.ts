import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { withStore } from '../../../src/database/open-store.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { hasOpenssl, startTlsProxy, type TlsProxy } from '../../harness/tls-proxy.js';

/** Opens the database through the proxy and sends a megabyte there and back. */
async function use(proxy: TlsProxy, parameters: Record<string, string>, host = 'localhost'): Promise<void> {
  const url = new URL(proxy.url);
  url.hostname = host;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  await withStore({ kind: 'postgres', url: url.href }, async (store) => {
    const text = 'x'.repeat(1_000_000);
    const { rows } = await store.knex.raw<{ rows: { text: string }[] }>('select ?::text as text', [text]);
    assert.is(rows[0]?.text.length, text.length);
  });
}

async function refusal(work: Promise<void>): Promise<Failure> {
  const error = await work.then(
    () => assert.unreachable('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, Failure);
  assert.is((error as Failure).kind, 'usage');
  return error as Failure;
}

const reason = !hasServer() ? 'no PostgreSQL here' : !hasOpenssl() ? 'no openssl here' : undefined;

if (reason !== undefined) {
  group('an encrypted connection', (test) => test.skip('all', reason));
} else {
  group(
    'an encrypted connection',
    (test) => {
      for (const sslmode of ['prefer', 'require']) {
        test(`${sslmode} encrypts without verifying the certificate`, async (proxy) => {
          const before = proxy.serverNames.length;
          await use(proxy, { sslmode });
          assert.ok(proxy.serverNames.length > before);
        });
      }

      test('without sslmode the connection is encrypted if the server supports it', async (proxy) => {
        const before = proxy.serverNames.length;
        await use(proxy, {});
        assert.ok(proxy.serverNames.length > before);
      });

      for (const parameters of [
        { ssl: 'require' },
        { ssl: 'verify-full' },
        { ssl: 'no-verify' },
        { sslmode: 'no-verify' },
      ]) {
        test(`${JSON.stringify(parameters)} never ends in a plain connection`, async () => {
          const url = new URL((await serverUrl())!);
          for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
          const failure = await refusal(withStore({ kind: 'postgres', url: url.href }, () => Promise.resolve()));
          assert.is(failure.code, 'NO_TLS');
        });
      }

      test('the server name is sent (SNI)', async (proxy) => {
        await use(proxy, { sslmode: 'require' });
        assert.is(proxy.serverNames.at(-1), 'localhost');
      });

      test('verify-full accepts the right authority and name', async (proxy) => {
        await use(proxy, { sslmode: 'verify-full', sslrootcert: proxy.rootCert });
      });

      test('verify-full refuses another name', async (proxy) => {
        const work = use(proxy, { sslmode: 'verify-full', sslrootcert: proxy.rootCert }, '127.0.0.1');
        assert.is((await refusal(work)).code, 'ERR_TLS_CERT_ALTNAME_INVALID');
      });

      test('verify-ca accepts another name of the right authority', async (proxy) => {
        await use(proxy, { sslmode: 'verify-ca', sslrootcert: proxy.rootCert }, '127.0.0.1');
      });

      for (const sslmode of ['verify-ca', 'verify-full']) {
        test(`${sslmode} refuses an unknown authority`, async (proxy) => {
          const failure = await refusal(use(proxy, { sslmode }));
          assert.match(failure.message, /no trusted connection .* certificate/);
          assert.match(failure.hint ?? '', 'sslrootcert');
        });
      }

      test('require with a root certificate verifies, as in libpq', async (proxy) => {
        await use(proxy, { sslmode: 'require', sslrootcert: proxy.rootCert });
        const failure = await refusal(use(proxy, { sslmode: 'require', sslrootcert: '/etc/hosts' }));
        assert.is(failure.kind, 'usage');
      });

      test('a missing root certificate file is named', async (proxy) => {
        const failure = await refusal(use(proxy, { sslmode: 'verify-full', sslrootcert: '/no/such/file.pem' }));
        assert.match(failure.message, '"/no/such/file.pem" of sslrootcert');
      });
    },
    { setup: async () => startTlsProxy((await serverUrl())!), teardown: (proxy) => proxy.stop() },
  );
}
