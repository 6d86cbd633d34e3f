import * as assert from 'uvu/assert';
import { expectError } from '../harness/expect-failure.js';
import { copyIn, copyOut } from '../../src/database/copy.js';
import type { Store } from '../../src/database/store.js';
import { inTransaction } from '../../src/database/transaction.js';
import { serverUrl } from '../harness/databases.js';
import { runStatement } from '../harness/scratch-cluster.js';
import { storeGroup } from '../harness/store-group.js';
import { copyLine } from '../harness/wire-format.js';

const COLUMNS = '(id int primary key, price double precision, at timestamptz, ok boolean, note text)';

async function newTable(store: Store, name: string): Promise<void> {
  await store.knex.raw(`create table ${name} ${COLUMNS}`);
}

storeGroup('copyIn', (test) => {
  test('rows that copyLine writes are read back unchanged', async ({ store }) => {
    await newTable(store, 'round_trip');
    const rows = [
      { id: 1, price: 0.1, at: new Date('2025-06-01T12:00:00.001Z'), ok: true, note: 'tab\t newline\n return\r back\\slash \\N' },
      { id: 2, price: NaN, at: null, ok: false, note: '' },
      { id: 3, price: -Infinity, at: null, ok: null, note: null },
      { id: 4, price: 1e-300, at: null, ok: null, note: '\\.' },
    ]; // prettier-ignore
    const lines = rows.map((row) => copyLine([row.id, row.price, row.at, row.ok, row.note]));
    await inTransaction(store, (trx) => copyIn(trx, 'copy round_trip from stdin', lines));
    assert.equal(await store.knex('round_trip').select().orderBy('id'), rows);
  });

  test('chunks may be cut anywhere and come from an asynchronous source', async ({ store }) => {
    await newTable(store, 'pieces');
    async function* pieces() {
      yield '1\t1.';
      await Promise.resolve();
      yield Buffer.from('5\t\\N\tt');
      yield '\teuro €\n2\t2\t\\N\tf\tx\n';
    }
    await inTransaction(store, (trx) => copyIn(trx, 'copy pieces from stdin', pieces()));
    assert.equal(await store.knex('pieces').select('id', 'price', 'note').orderBy('id'), [
      { id: 1, price: 1.5, note: 'euro €' },
      { id: 2, price: 2, note: 'x' },
    ]);
  });

  test('100,000 rows arrive', async ({ store }) => {
    await newTable(store, 'many');
    function* lines() {
      for (let id = 1; id <= 100_000; id += 1) yield copyLine([id, id / 2, null, true, 'note']);
    }
    await inTransaction(store, (trx) => copyIn(trx, 'copy many from stdin', lines()));
    assert.equal(await store.knex('many').count('* as n').sum('price as s'), [{ n: '100000', s: 2500025000 }]);
  });

  test('without chunks, no row is stored', async ({ store }) => {
    await newTable(store, 'nothing');
    await inTransaction(store, (trx) => copyIn(trx, 'copy nothing from stdin', []));
    assert.equal(await store.knex('nothing').select(), []);
  });

  test('two copies and Knex in one transaction commit together', async ({ store }) => {
    await newTable(store, 'target');
    await inTransaction(store, async (trx) => {
      await trx.raw('create temporary table stage (like target) on commit drop');
      await copyIn(trx, 'copy stage (id, note) from stdin', ['1\tone\n']);
      await copyIn(trx, 'copy stage (id, note) from stdin', ['2\ttwo\n']);
      await trx.raw('insert into target select * from stage on conflict (id) do nothing');
    });
    assert.equal(await store.knex('target').select('id').orderBy('id'), [{ id: 1 }, { id: 2 }]);
  });

  test('a copy and a statement of Knex roll back together', async ({ store }) => {
    await newTable(store, 'undone');
    const work = inTransaction(store, async (trx) => {
      await trx('undone').insert({ id: 1 });
      await copyIn(trx, 'copy undone (id) from stdin', ['2\n']);
      throw new Error('on purpose');
    });
    assert.is((await expectError(work)).message, 'on purpose');
    assert.equal(await store.knex('undone').select(), []);
  });

  const refusals: [what: string, code: string, statement: string, lines: string[]][] = [
    ['a row that does not fit the type', '22P02', 'copy strict (id) from stdin', ['1\n', 'two\n']],
    ['a duplicate key', '23505', 'copy strict (id) from stdin', ['1\n', '1\n']],
    ['a missing column', '22P04', 'copy strict (id, price) from stdin', ['1\n']],
    ['a missing table', '42P01', 'copy no_such_table from stdin', ['1\n']],
    ['a syntax error', '42601', 'copy strict frm stdin', ['1\n']],
  ];
  for (const [what, code, statement, lines] of refusals) {
    test(`${what} rejects, and the connection remains usable`, async ({ store }) => {
      await store.knex.raw(`create table if not exists strict ${COLUMNS}`);
      const work = inTransaction(store, async (trx) => {
        await trx('strict').insert({ id: 99 });
        await copyIn(trx, statement, lines);
      });
      assert.is((await expectError(work)).code, code);
      assert.equal(await store.knex('strict').select(), []);
    });
  }

  test('an error in the middle of a large copy rejects, and no row is stored', async ({ store }) => {
    await newTable(store, 'large');
    function* lines() {
      for (let id = 1; id <= 100_000; id += 1)
        yield copyLine([id === 1000 ? 'bad' : id, 1, null, true, 'x'.repeat(50)]);
    }
    const work = inTransaction(store, (trx) => copyIn(trx, 'copy large from stdin', lines()));
    assert.is((await expectError(work)).code, '22P02');
    assert.equal(await store.knex('large').count('* as n'), [{ n: '0' }]);
  });

  test('after a stream that was left early, a copy still reports its own error', async ({ store }) => {
    await newTable(store, 'after_stream');
    const work = inTransaction(store, async (trx) => {
      const rows = trx.raw('select n from generate_series(1, 1000) as n').stream({ batchSize: 10 });
      for await (const row of rows) if (row) break;
      await copyIn(trx, 'copy after_stream (id) from stdin', ['1\n', '1\n']);
    });
    assert.is((await expectError(work)).code, '23505');
    assert.equal(await store.knex('after_stream').select(), []);
  });

  test('an error of the source stops the copy and is thrown', async ({ store }) => {
    await newTable(store, 'broken');
    function* failing() {
      yield '1\n';
      throw new Error('the source failed');
    }
    const work = inTransaction(store, (trx) => copyIn(trx, 'copy broken (id) from stdin', failing()));
    assert.is((await expectError(work)).message, 'the source failed');
    assert.equal(await store.knex('broken').select(), []);
  });
});

const NUMBERS = 'copy (select n, repeat(?, 50) from generate_series(1, 50000) as n) to stdout';

/** Two copies on one connection, with another statement in between. */
function copyTwice(store: Store) {
  return inTransaction(store, async (trx) => {
    const first = await copyOut(trx, NUMBERS, ['x']);
    const { rows } = await trx.raw<{ rows: { one: number }[] }>('select 1 as one');
    return { first, second: await copyOut(trx, NUMBERS, ['y']), one: rows[0]!.one };
  });
}

storeGroup('copyOut', (test, backend) => {
  test('megabytes arrive complete, and the connection remains usable', async ({ store }) => {
    const { first, second, one } = await copyTwice(store);
    assert.is(one, 1);
    const lines = first.toString().trimEnd().split('\n');
    assert.is(lines.length, 50_000);
    assert.is(lines[49_999], `50000\t${'x'.repeat(50)}`);
    assert.is(second.length, first.length);
  });

  test('a Date among the bindings is the same instant in every time zone of the process and of the session', async ({
    store,
  }) => {
    const { TZ } = process.env;
    try {
      for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York']) {
        process.env.TZ = zone;
        const copied = await store.knex.transaction(async (trx) => {
          await trx.raw(`SET LOCAL timezone = 'Asia/Tokyo'`);
          const statement = 'COPY (SELECT extract(epoch FROM ?::timestamptz)::bigint) TO STDOUT';
          return copyOut(trx, statement, [new Date('2025-06-01T12:00:00Z')]);
        });
        assert.is(Number(copied.toString()), Date.UTC(2025, 5, 1, 12) / 1000, zone);
      }
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
  });

  test('bindings become literals, whatever characters they contain', async ({ store }) => {
    const text = `it's a \\ "quoted" ?; drop table x --`;
    const found = await inTransaction(store, (trx) =>
      copyOut(trx, 'copy (select ?::text) to stdout (format csv)', [text]),
    );
    assert.is(found.toString(), `"${text.replaceAll('"', '""')}"\n`);
  });

  test('without rows, no bytes arrive', async ({ store }) => {
    const found = await inTransaction(store, (trx) => copyOut(trx, 'copy (select 1 where false) to stdout'));
    assert.is(found.length, 0);
  });

  const refusals: [what: string, code: string, statement: string][] = [
    ['a syntax error', '42601', 'copy (select) too stdout'],
    [
      'an error after the first rows',
      '22012',
      'copy (select 1 / (40000 - n) from generate_series(1, 50000) as n) to stdout',
    ],
  ];
  for (const [what, code, statement] of refusals) {
    test(`${what} rejects, and the pool remains usable`, async ({ store }) => {
      const failed = await inTransaction(store, (trx) => copyOut(trx, statement)).then(
        () => undefined,
        (error: unknown) => error as { code?: string },
      );
      assert.is(failed?.code, code);
      assert.is((await copyTwice(store)).one, 1);
    });
  }

  if (backend.name !== 'PostgreSQL') return;

  test('a connection lost after the first rows rejects, and the pool remains usable', async ({ store }) => {
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
