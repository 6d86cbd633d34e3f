import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import * as assert from 'uvu/assert';
import { Authenticator } from '../../../src/database/connection/authenticator.js';
import type { AuthenticationMethod } from '../../../src/database/connection/required-authentication.js';
import { withStore } from '../../../src/database/open-store.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { group } from '../../harness/group.js';
import {
  type Cluster,
  findServerPrograms,
  runStatement,
  startCluster,
  TEST_SETTINGS,
  unprivilegedAccount,
  USER_WITH_PASSWORD,
} from '../../harness/scratch-cluster.js';
import { hasOpenssl, makeCertificates } from '../../harness/tls-proxy.js';

const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const PASSWORD = 'p\u00E4ss:word';

interface Encrypted {
  cluster: Cluster;
  /** The port of a proxy that decrypts the connection, with a certificate of its own, and encrypts it again. */
  intermediary: number;
  close: () => Promise<void>;
}

async function startEncrypted(programs: string): Promise<Encrypted> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-scram-'));
  const server = makeCertificates(folder);
  const [certFile, keyFile] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  writeFileSync(certFile, server.cert);
  writeFileSync(keyFile, server.key, { mode: 0o600 });
  const account = unprivilegedAccount();
  if (account) for (const path of [folder, keyFile]) chownSync(path, account.uid, account.gid);
  const settings = { ...TEST_SETTINGS, ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile };
  const cluster = await startCluster(programs, settings);
  await runStatement(cluster.url, `CREATE ROLE ${USER_WITH_PASSWORD} LOGIN PASSWORD '${PASSWORD}'`);
  const proxy = await startIntermediary(Number(new URL(cluster.url).port), makeCertificates(folder));
  return {
    cluster,
    intermediary: (proxy.address() as AddressInfo).port,
    close: async () => {
      proxy.close();
      await cluster.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function startIntermediary(port: number, { key, cert }: { key: Buffer; cert: Buffer }): Promise<Server> {
  const secureContext = createSecureContext({ key, cert });
  const proxy = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port });
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
    client.once('data', () => {
      server.write(TLS_REQUEST);
      server.once('data', (answer) => {
        client.write(answer);
        const inner = new TLSSocket(client, { isServer: true, secureContext });
        const outer = connectTls({ socket: server, rejectUnauthorized: false });
        for (const socket of [inner, outer]) socket.on('error', () => undefined);
        inner.pipe(outer).pipe(inner);
      });
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

const programs = findServerPrograms();
const reason = !programs ? 'no PostgreSQL here' : !hasOpenssl() ? 'no openssl here' : undefined;

if (reason !== undefined) {
  group('required authentication', (test) => test.skip('all', reason));
} else {
  group<Encrypted>(
    'required authentication',
    (test) => {
      const open = (cluster: Cluster, user: string, parameters: string, port = new URL(cluster.url).port) => {
        const url = `postgres://${user}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres?${parameters}`;
        return withStore({ kind: 'postgres', url }, async ({ knex }) => {
          const { rows } = await knex.raw<{ rows: { user: string }[] }>('select current_user as user');
          return rows[0]?.user;
        });
      };

      test('channel_binding=require opens an encrypted session with a password', async ({ cluster }) => {
        const user = await open(cluster, USER_WITH_PASSWORD, 'sslmode=require&channel_binding=require');
        assert.is(user, USER_WITH_PASSWORD);
      });

      test('channel_binding=require refuses a wrong password', async ({ cluster }) => {
        const url = new URL(cluster.url);
        const wrong = `postgres://${USER_WITH_PASSWORD}:wrong@${url.host}/postgres?channel_binding=require`;
        const failure = await expectFailure(withStore({ kind: 'postgres', url: wrong }, () => Promise.resolve()));
        assert.is(failure.code, '28P01');
      });

      test('channel_binding=require finds out an intermediary, which is not noticed without it', async (world) => {
        const through = (parameters: string) =>
          open(world.cluster, USER_WITH_PASSWORD, parameters, String(world.intermediary));
        assert.is(await through('sslmode=require'), USER_WITH_PASSWORD);
        const failure = await expectFailure(through('sslmode=require&channel_binding=require'));
        assert.is(failure.kind, 'usage');
        assert.match(failure.message, /channel binding check failed/);
      });

      test('channel_binding=require refuses a connection without TLS, and a server that asks for no password', async ({
        cluster,
      }) => {
        const plain = await expectFailure(open(cluster, USER_WITH_PASSWORD, 'sslmode=disable&channel_binding=require'));
        assert.is(plain.exitCode, 2);
        assert.match(plain.message, /not encrypted|does not offer/);
        const trusted = await expectFailure(open(cluster, 'postgres', 'sslmode=require&channel_binding=require'));
        assert.match(trusted.message, /not proved to know the password/);
        assert.match(trusted.hint ?? '', /channel_binding in DATABASE_URL/);
      });

      test('require_auth allows only the methods that it names', async ({ cluster }) => {
        assert.is(await open(cluster, USER_WITH_PASSWORD, 'require_auth=scram-sha-256'), USER_WITH_PASSWORD);
        assert.is(await open(cluster, 'postgres', 'require_auth=none'), 'postgres');
        const failure = await expectFailure(open(cluster, 'postgres', 'require_auth=scram-sha-256'));
        assert.match(failure.message, /authenticates by "none", which require_auth does not allow/);
        const other = await expectFailure(open(cluster, USER_WITH_PASSWORD, 'require_auth=!scram-sha-256'));
        assert.match(other.message, /authenticates by "scram-sha-256"/);
      });

      test('the revoked certificates, the versions of TLS and the name of the host are those of the URL', async ({
        cluster,
      }) => {
        await open(cluster, 'postgres', 'sslmode=require&ssl_max_protocol_version=TLSv1.2&sslsni=0');
        const failure = await expectFailure(open(cluster, 'postgres', 'sslmode=verify-ca&sslcrl=/no/such/file'));
        assert.match(failure.message, '"/no/such/file" of sslcrl');
        const here = encodeURIComponent(import.meta.filename);
        for (const parameters of [
          `sslmode=require&sslcert=${here}&sslkey=${here}`,
          `sslmode=verify-ca&sslcrl=${here}`,
        ]) {
          const { kind, message } = await expectFailure(open(cluster, 'postgres', parameters));
          assert.is(kind, 'usage', message);
        }
      });
    },
    { setup: () => startEncrypted(programs!), teardown: ({ close }) => close() },
  );
}

const SCRAM_CODES = { begin: 10, final: 12, ok: 0 };

group('a server that is not allowed to choose', (test) => {
  const request = (code: number) => {
    const content = Buffer.alloc(4);
    content.writeInt32BE(code);
    return content;
  };
  const handle = (methods: readonly AuthenticationMethod[], ...codes: number[]) => {
    const server = new PassThrough();
    const authenticator = new Authenticator(server, { channelBinding: false, methods: new Set(methods) }, 'secret');
    const kept = codes.map((code) => authenticator.handle(0x52, request(code), 0, 4));
    return { isKept: kept.at(-1), isEnded: server.destroyed, message: authenticator.failure?.message };
  };

  test('and asks for a password in plain text is refused before it gets one', () => {
    const message =
      'the session was not started: the server authenticates by "password", which require_auth does not allow';
    assert.equal(handle(['scram-sha-256'], 3), { isKept: true, isEnded: true, message });
    assert.equal(handle(['password'], 3), { isKept: false, isEnded: false, message: undefined });
    assert.is(handle(['scram-sha-256'], 5).isEnded, true, 'md5');
  });

  test('and begins SCRAM must also prove that it knows the password', () => {
    const { begin, final, ok } = SCRAM_CODES;
    const message = 'the session was not started: the server did not complete SCRAM';
    assert.equal(handle(['scram-sha-256'], begin, ok), { isKept: true, isEnded: true, message });
    assert.equal(handle(['scram-sha-256'], begin, final, ok), { isKept: false, isEnded: false, message: undefined });
  });
});
