import * as assert from 'uvu/assert';
import { copyOut } from '../../src/store/copy-out.js';
import { inTransaction } from '../../src/store/in-transaction.js';
import type { Store } from '../../src/store/store.js';
import { serverUrl } from '../harness/databases.js';
import { runStatement } from '../harness/run-statement.js';
import { storeGroup } from '../harness/store-group.js';

const NUMBERS = 'copy (select n, repeat(?, 50) from generate_series(1, 50000) as n) to stdout';

/** Whether a transaction's connection answers, and how many rows a table has there. */
function copyTwice(store: Store) {
  return inTransaction(store, async (trx) => {
    const first = await copyOut(trx, NUMBERS, ['x']);
    const { rows } = await trx.raw<{ rows: { one: number }[] }>('select 1 as one');
    return { first, second: await copyOut(trx, NUMBERS, ['y']), one: rows[0]!.one };
  });
}

storeGroup('copyOut', (test, backend) => {
  test('megabytes arrive whole, and the connection works on', async ({ store }) => {
    const { first, second, one } = await copyTwice(store);
    assert.is(one, 1);
    const lines = first.toString().trimEnd().split('\n');
    assert.is(lines.length, 50_000);
    assert.is(lines[49_999], `50000\t${'x'.repeat(50)}`);
    assert.is(second.length, first.length);
  });

  test('bindings are literals, whatever is in them', async ({ store }) => {
    const text = `it's a \\ "quoted" ?; drop table x --`;
    const found = await inTransaction(store, (trx) =>
      copyOut(trx, 'copy (select ?::text) to stdout (format csv)', [text]),
    );
    assert.is(found.toString(), `"${text.replaceAll('"', '""')}"\n`);
  });

  test('no rows are no bytes', async ({ store }) => {
    const found = await inTransaction(store, (trx) => copyOut(trx, 'copy (select 1 where false) to stdout'));
    assert.is(found.length, 0);
  });

  const refusals: [what: string, code: string, statement: string][] = [
    ['a statement that is no SQL', '42601', 'copy (select) too stdout'],
    ['an error amid the rows', '22012', 'copy (select 1 / (40000 - n) from generate_series(1, 50000) as n) to stdout'],
  ];
  for (const [what, code, statement] of refusals) {
    test(`${what} rejects, and the pool works on`, async ({ store }) => {
      const failed = await inTransaction(store, (trx) => copyOut(trx, statement)).then(
        () => undefined,
        (error: unknown) => error as { code?: string },
      );
      assert.is(failed?.code, code);
      assert.is((await copyTwice(store)).one, 1);
    });
  }

  if (backend.name !== 'PostgreSQL') return;

  test('a connection lost amid the rows rejects, and the pool works on', async ({ store }) => {
    const url = (await serverUrl())!;
    const failed = await store.knex
      .transaction(async (trx) => {
        const { rows } = await trx.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid');
        setTimeout(() => void runStatement(url, `select pg_terminate_backend(${rows[0]!.pid})`), 200);
        await copyOut(trx, 'copy (select n, pg_sleep(0.001) from generate_series(1, 100000) as n) to stdout');
      })
      .then(
        () => undefined,
        (error: unknown) => error as { code?: string },
      );
    assert.match(failed?.code ?? '', /57P01|CONNECTION_CLOSED/);
    assert.is((await copyTwice(store)).one, 1);
  });
});
