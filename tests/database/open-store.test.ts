import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { openStore, withStore } from '../../src/database/open-store.js';
import { inTransaction } from '../../src/database/transaction.js';
import { databases, serverUrl } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { findFreePort, runStatement, USER_WITH_PASSWORD } from '../harness/scratch-cluster.js';
import { storeGroup } from '../harness/store-group.js';
import { encodeErrorResponse } from '../harness/wire-format.js';

const PASSWORD = 'hunter%2Fsecret';

async function failureToOpen(url: string): Promise<Failure> {
  const error = await openStore({ kind: 'postgres', url }).then(
    () => assert.unreachable('it opened'),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, Failure);
  for (const secret of [PASSWORD, decodeURIComponent(PASSWORD)]) {
    assert.not.match(inspect(error, { depth: 10, showHidden: true }), secret);
  }
  return error as Failure;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

group('openStore, without a server', (test) => {
  test('a refused connection is a temporary failure that names the address', async () => {
    const port = await findFreePort();
    const failure = await failureToOpen(`postgres://me:${PASSWORD}@localhost:${port}/charts`);
    assert.is(failure.exitCode, 75);
    assert.is(failure.code, 'ECONNREFUSED');
    assert.is(failure.message, `the database postgres://me@localhost:${port}/charts refused the connection`);
  });

  test('an unknown host is a temporary failure', async () => {
    const failure = await failureToOpen(`postgres://me:${PASSWORD}@no-such-host.invalid/charts`);
    assert.is(failure.exitCode, 75);
    assert.match(failure.code ?? '', /^(ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT)$/); // the last one where DNS does not answer
  });

  test('a missing Unix socket is a temporary failure', async () => {
    const failure = await failureToOpen(`postgres://me:${PASSWORD}@%2Fno%2Fsuch%2Fdirectory/charts`);
    assert.is(failure.exitCode, 75);
    assert.match(failure.message, 'no socket');
  });

  test('a server that accepts and does not answer is given up after connect_timeout', async () => {
    const silent = createServer(() => undefined);
    const port = await listen(silent);
    try {
      const failure = await failureToOpen(`postgres://me:${PASSWORD}@127.0.0.1:${port}/charts?connect_timeout=1`);
      assert.is(failure.exitCode, 75);
      assert.is(failure.code, 'CONNECT_TIMEOUT');
      assert.is((failure.cause as Error).message, 'no answer within 1 s');
    } finally {
      silent.close();
    }
  });

  test('a server that closes the connection is a temporary failure', async () => {
    const closing = createServer((socket) => socket.destroy());
    const port = await listen(closing);
    try {
      const failure = await failureToOpen(`postgres://me:${PASSWORD}@127.0.0.1:${port}/charts?sslmode=disable`);
      assert.is(failure.exitCode, 75);
    } finally {
      closing.close();
    }
  });

  test('an internal error of the server while it starts a session is a temporary failure', async () => {
    const message = 'could not write init file: No space left on device';
    const broken = createServer((socket) => {
      socket.once('data', () => socket.end(encodeErrorResponse({ S: 'FATAL', V: 'FATAL', C: 'XX000', M: message })));
    });
    const port = await listen(broken);
    try {
      const failure = await failureToOpen(`postgres://me:${PASSWORD}@127.0.0.1:${port}/charts?sslmode=disable`);
      assert.equal([failure.exitCode, failure.code], [75, 'XX000']);
      assert.match(failure.message, message);
    } finally {
      broken.close();
    }
  });

  test('a server with another protocol is refused at once', async () => {
    const web = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await listen(web);
    try {
      const failure = await failureToOpen(`postgres://me:${PASSWORD}@127.0.0.1:${port}/charts`);
      assert.is(failure.exitCode, 2);
      assert.match(failure.message, 'is not a PostgreSQL server');
    } finally {
      web.close();
    }
  });
});

const server = databases().some((backend) => backend.name === 'PostgreSQL');

group('openStore, refused by the server', (test) => {
  if (!server) return test.skip('all', 'no PostgreSQL here');

  const urlWith = async (change: (url: URL) => void) => {
    const url = new URL((await serverUrl())!);
    change(url);
    return url.href;
  };

  test('a database that does not exist is wrong configuration', async () => {
    const failure = await failureToOpen(await urlWith((url) => (url.pathname = '/no_such_database')));
    assert.is(failure.kind, 'usage');
    assert.is(failure.code, '3D000');
    assert.match(failure.message, 'no_such_database');
  });

  test('a user that does not exist is wrong configuration', async () => {
    const failure = await failureToOpen(
      await urlWith((url) => Object.assign(url, { username: 'no_such_user', password: PASSWORD })),
    );
    assert.is(failure.kind, 'usage');
    assert.match(failure.message, 'no_such_user');
  });

  test('a wrong password is wrong configuration, the right one is accepted', async () => {
    await runStatement((await serverUrl())!, `create role ${USER_WITH_PASSWORD} login password 'right @/#% secret'`);
    try {
      const wrong = await urlWith((url) => Object.assign(url, { username: USER_WITH_PASSWORD, password: PASSWORD }));
      const failure = await failureToOpen(wrong);
      assert.is(failure.kind, 'usage');
      assert.is(failure.code, '28P01');
      const right = await urlWith((url) => {
        url.username = USER_WITH_PASSWORD;
        url.password = encodeURIComponent('right @/#% secret');
      });
      await withStore({ kind: 'postgres', url: right }, async (store) => {
        assert.equal((await store.knex.raw<{ rows: unknown[] }>('select current_user as me')).rows, [
          { me: USER_WITH_PASSWORD },
        ]);
      });
    } finally {
      await runStatement((await serverUrl())!, `drop role ${USER_WITH_PASSWORD}`);
    }
  });

  test('a setting that the server does not know is named', async () => {
    const failure = await failureToOpen(await urlWith((url) => url.searchParams.set('no_such_setting', '1')));
    assert.is(failure.kind, 'usage');
    assert.match(failure.message, 'no_such_setting');
  });

  test('encryption that the server does not offer is wrong configuration', async () => {
    const failure = await failureToOpen(await urlWith((url) => url.searchParams.set('sslmode', 'require')));
    assert.is(failure.kind, 'usage');
    assert.match(failure.message, 'no encryption');
  });
});

storeGroup('withStore', (test, backend) => {
  test('the label names the database without the password', ({ store, database }) => {
    assert.is(store.kind, backend.name === 'PGlite' ? 'embedded' : 'postgres');
    const { config } = database;
    assert.match(store.label, config.kind === 'embedded' ? config.dataDir : new URL(config.url).pathname);
    assert.not.match(store.label, 'password');
  });

  test('a missing privilege is a failure whose hint names GRANT', async ({ store, database }) => {
    const admin = backend.name === 'PGlite' ? store : await openStore(database.superuser);
    await admin.knex.raw('create table guarded (a int); create role guest');
    try {
      const work = inTransaction(admin, async (trx) => {
        await trx.raw('set local role guest');
        await trx('guarded').insert({ a: 1 });
      });
      await work.then(
        () => assert.unreachable('it was permitted'),
        (error: Failure) => {
          assert.instance(error, Failure);
          assert.is(error.kind, 'failed');
          assert.is(error.code, '42501');
          assert.match(error.message, /did not permit this: permission denied for table guarded$/);
          assert.match(error.hint ?? '', 'GRANT');
        },
      );
    } finally {
      await admin.knex.raw('drop role guest');
      if (admin !== store) await admin.close();
    }
  });

  test('writing in a read-only transaction is a failure', async ({ store }) => {
    const work = inTransaction(store, async (trx) => {
      await trx.raw('set transaction read only');
      await trx.raw('create table never (a int)');
    });
    await work.then(
      () => assert.unreachable('it was written'),
      (error: Failure) => {
        assert.is(error.code, '25006');
        assert.is(error.kind, 'failed');
      },
    );
  });

  test('the requested connections are open from the start, and closed at the end', async ({ store }) => {
    const copy = await backend.create();
    const countOpen = async () => {
      if (copy.config.kind === 'embedded') return 1;
      const name = new URL(copy.config.url).pathname.slice(1);
      const { rows } = await store.knex.raw<{ rows: { open: string }[] }>(
        'select count(*) as open from pg_stat_activity where datname = ?',
        [name],
      );
      return Number(rows[0]!.open);
    };
    try {
      const expected = copy.config.kind === 'embedded' ? 1 : 2;
      await withStore(copy.config, async () => assert.is(await countOpen(), expected), { connections: 2 });
      // close() does not wait for the server; the time limit of the test ends the loop
      if (copy.config.kind === 'postgres') while ((await countOpen()) > 0) await sleep(20);
    } finally {
      await copy.drop();
    }
  });

  test('a programming error is not converted to a Failure', async ({ database }) => {
    const copy = await backend.create();
    try {
      await withStore(copy.config, (store) => store.knex.raw('select no_such_column').then()).then(
        () => assert.unreachable('it ran'),
        (error: Error & { code?: string }) => {
          assert.not.instance(error, Failure);
          assert.is(error.code, '42703');
        },
      );
      await withStore(copy.config, (store) => store.knex.raw('select 1').then()); // the first store has been closed
    } finally {
      await copy.drop();
    }
    assert.ok(database);
  });
});
