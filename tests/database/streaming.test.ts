import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { hasServer, serverUrl } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { runStatement } from '../harness/scratch-cluster.js';
import { storeGroup } from '../harness/store-group.js';

interface Numbered {
  n: number;
}

const NUMBERS = 'select n from generate_series(1, ?::int) as n';

storeGroup('streaming', (test, backend) => {
  test('every row arrives, in order', async ({ store }) => {
    let last = 0;
    for await (const row of store.knex.raw(NUMBERS, [12_345]).stream({ batchSize: 1000 }) as AsyncIterable<Numbered>) {
      assert.is(row.n, last + 1);
      last = row.n;
    }
    assert.is(last, 12_345);
  });

  test('rows are fetched as they are consumed', async ({ store }) => {
    // the 5000th row cannot be computed: reading only a few rows must not reach it
    const rows = store.knex
      .raw('select 1 / (5000 - n) from generate_series(1, 100000) as n')
      .stream({ batchSize: 100 });
    let seen = 0;
    for await (const row of rows) {
      assert.ok(row);
      seen += 1;
      if (seen === 1000) break;
    }
    assert.is(seen, 1000);
  });

  test('leaving early leaves the connection usable', async ({ store }) => {
    await store.knex.transaction(async (trx) => {
      for await (const row of trx.raw(NUMBERS, [100_000]).stream({ batchSize: 10 }) as AsyncIterable<Numbered>) {
        if (row.n === 25) break;
      }
      assert.equal((await trx.raw<{ rows: Numbered[] }>('select 1 as n')).rows, [{ n: 1 }]);
    });
  });

  test('a result without rows is an empty stream', async ({ store }) => {
    for await (const row of store.knex.raw(NUMBERS, [0]).stream()) assert.unreachable(`found ${JSON.stringify(row)}`);
  });

  test('an error in the middle of the result rejects', async ({ store }) => {
    let seen = 0;
    try {
      const rows = store.knex.raw('select 1 / (500 - n) from generate_series(1, 1000) as n').stream({ batchSize: 100 });
      for await (const row of rows) seen += row ? 1 : 0;
      assert.unreachable('it did not reject');
    } catch (error) {
      assert.is((error as { code?: string }).code, '22012');
    }
    assert.ok(seen <= 499, `saw ${seen} rows`);
    assert.equal((await store.knex.raw<{ rows: Numbered[] }>('select 1 as n')).rows, [{ n: 1 }]);
  });

  if (backend.name === 'PostgreSQL') {
    test('a connection lost between two batches rejects; it is not taken for the end', async ({ store }) => {
      const url = await serverUrl();
      const work = store.knex.transaction(async (trx) => {
        const { rows } = await trx.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid');
        for await (const row of trx.raw(NUMBERS, [100_000]).stream({ batchSize: 10 }) as AsyncIterable<Numbered>) {
          if (row.n % 10 !== 0) continue;
          await runStatement(url!, `select pg_terminate_backend(${rows[0]!.pid})`);
          await sleep(100);
        }
      });
      const error = await work.then(
        () => undefined,
        (thrown: unknown) => thrown as { code?: string },
      );
      assert.match(error?.code ?? '', /57P01|CONNECTION_CLOSED/);
    });
  }
});

group('streaming', (test) => {
  if (!hasServer()) test.skip('a connection lost between two batches', 'no PostgreSQL here');
});
