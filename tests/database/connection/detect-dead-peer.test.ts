import * as assert from 'uvu/assert';
import { withStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { type FaultyProxy, startFaultyProxy } from '../../harness/faulty-proxy.js';
import { group, type GroupTest } from '../../harness/group.js';

const PROBE_AFTER_S = 1;

if (!hasServer()) group('a server', (test) => test.skip('all', 'no PostgreSQL here'));
else {
  group<FaultyProxy>('a server', declare, {
    setup: async () => startFaultyProxy((await serverUrl())!),
    teardown: (proxy) => proxy.close(),
  });
}

/** Runs `work` with a connection whose server is probed after a second without an answer. */
function onProxy<T>(proxy: FaultyProxy, work: (store: Store) => Promise<T>): Promise<T> {
  proxy.reset();
  return withStore({ kind: 'postgres', url: `${proxy.url}&keepalives_idle=${PROBE_AFTER_S}` }, work);
}

function declare(test: GroupTest<FaultyProxy>): void {
  test('whose answer never arrives is a temporary failure', async (proxy) => {
    const work = onProxy(proxy, ({ knex }) => {
      proxy.onceAt({ direction: 'to client', bytes: proxy.passed['to client'] + 1 }, (connection) =>
        connection.dropTraffic(),
      );
      return knex.raw('SELECT 1');
    });
    const failure = await expectFailure(work);
    assert.is(failure.exitCode, 75);
    assert.match(failure.message, /did not answer in time/);
  });

  test('that never receives the statement is a temporary failure, too', async (proxy) => {
    const work = onProxy(proxy, ({ knex }) => {
      proxy.onceAt({ direction: 'to server', bytes: proxy.passed['to server'] + 1 }, (connection) =>
        connection.dropTraffic(),
      );
      return knex.raw('SELECT 1');
    });
    assert.is((await expectFailure(work)).exitCode, 75);
  });

  test('that does not tell what its sessions do is waited for', async (proxy) => {
    const answer = await onProxy(proxy, ({ knex }) =>
      knex.raw<{ rows: unknown[] }[]>('SET track_activities = off; SELECT pg_sleep(4), 1 AS done'),
    );
    assert.is(answer[1]!.rows.length, 1);
  });

  test('that works on a statement is waited for, however long it takes', async (proxy) => {
    const answer = await onProxy(proxy, ({ knex }) => knex.raw<{ rows: unknown[] }>('SELECT pg_sleep(4), 1 AS done'));
    assert.is(answer.rows.length, 1);
  });

  test('that owes no answer is not probed', async (proxy) => {
    const answer = await onProxy(proxy, async ({ knex }) => {
      await knex.raw('SELECT 1');
      await new Promise((resolve) => setTimeout(resolve, 3_000 * PROBE_AFTER_S));
      return knex.raw<{ rows: unknown[] }>('SELECT 1 AS a');
    });
    assert.equal(answer.rows, [{ a: 1 }]);
  });
}
