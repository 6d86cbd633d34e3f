import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { ConnectionError } from '../../src/database/connection/connection-error.js';
import { openStore } from '../../src/database/open-store.js';
import { inSnapshot } from '../../src/database/snapshot.js';
import type { Db, Store } from '../../src/database/store.js';
import { inTransaction } from '../../src/database/transaction.js';
import { databases, serverUrl } from '../harness/databases.js';
import { expectError } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { memoryDatabase } from '../harness/memory-database.js';
import { runStatement } from '../harness/scratch-cluster.js';
import { storeGroup } from '../harness/store-group.js';

function conflict(code: string): Error {
  return new ConnectionError('simulated', code);
}

storeGroup('inTransaction', (test) => {
  test('changes are stored when the work returns', async ({ store }) => {
    await store.knex.raw('create table kept (a int)');
    const given = await inTransaction(store, async (trx) => {
      await trx('kept').insert({ a: 1 });
      return 'done';
    });
    assert.is(given, 'done');
    assert.equal(await store.knex('kept').select(), [{ a: 1 }]);
  });

  test('changes are rolled back when the work throws, and the error is passed on', async ({ store }) => {
    await store.knex.raw('create table undone (a int)');
    const work = inTransaction(store, async (trx) => {
      await trx('undone').insert({ a: 1 });
      throw new Error('on purpose');
    });
    assert.is((await expectError(work)).message, 'on purpose');
    assert.equal(await store.knex('undone').select(), []);
  });

  test('numbers have all their digits and NULL in an array is NULL, whatever the session is set to', async ({
    store,
  }) => {
    const read = async (db: Db) => {
      const { rows } = await db.raw<{ rows: { sum: number; list: unknown[] }[] }>(
        `select 0.1::float8 + 0.2::float8 as sum, '{NULL,a}'::text[] as list`,
      );
      return [rows[0]!.sum, rows[0]!.list];
    };
    await store.knex.raw('set extra_float_digits = -15; set array_nulls = off');
    try {
      const exact = [0.1 + 0.2, [null, 'a']];
      assert.equal(await inTransaction(store, read), exact);
      assert.equal(await inTransaction(store, (trx) => trx.transaction(read)), exact, 'also in a savepoint');
      assert.equal(await inSnapshot(store.knex, read), exact);
      assert.equal(await read(store.knex), [0.3, ['NULL', 'a']], 'the session keeps its own settings');
    } finally {
      await store.knex.raw('reset extra_float_digits; reset array_nulls');
    }
  });

  test('a failed savepoint rolls back only its own changes', async ({ store }) => {
    await store.knex.raw('create table partly (a int primary key)');
    await inTransaction(store, async (trx) => {
      await trx('partly').insert({ a: 1 });
      const nested = trx.transaction(async (savepoint) => {
        await savepoint('partly').insert({ a: 2 });
        await savepoint('partly').insert({ a: 1 });
      });
      assert.is((await expectError(nested)).code, '23505');
      await trx('partly').insert({ a: 3 });
    });
    assert.equal(await store.knex('partly').select().orderBy('a'), [{ a: 1 }, { a: 3 }]);
  });
});

group(
  'inTransaction retries',
  (test) => {
    for (const code of ['40001', '40P01', '08006', '57P01', 'CONNECTION_CLOSED']) {
      test(`after ${code}, from the start of the work`, async (store) => {
        let attempts = 0;
        const given = await inTransaction(store, () => {
          attempts += 1;
          return attempts < 3 ? Promise.reject(conflict(code)) : Promise.resolve('done');
        });
        assert.is(given, 'done');
        assert.is(attempts, 3);
      });
    }

    test('at most five times; then it is a temporary failure', async (store) => {
      let attempts = 0;
      const work = inTransaction(store, () => {
        attempts += 1;
        return Promise.reject(conflict('40001'));
      });
      const error = await expectError(work);
      assert.is(attempts, 5);
      assert.instance(error, Failure);
      assert.is((error as Failure).exitCode, 75);
    });

    test('not after an error from outside the database, whatever its code', async (store) => {
      let attempts = 0;
      const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
      const work = inTransaction(store, () => {
        attempts += 1;
        return Promise.reject(broken);
      });
      assert.is(await expectError(work), broken);
      assert.is(attempts, 1);
    });

    test('not after a violated constraint', async (store) => {
      let attempts = 0;
      const work = inTransaction(store, () => {
        attempts += 1;
        return Promise.reject(conflict('23505'));
      });
      assert.is((await expectError(work)).code, '23505');
      assert.is(attempts, 1);
    });
  },
  {
    setup: (): Store => {
      const knex = memoryDatabase();
      return { kind: 'embedded', label: 'in memory', knex, close: () => knex.destroy() };
    },
    teardown: (store) => store.close(),
  },
);

const server = databases().find((backend) => backend.name === 'PostgreSQL');
const lostConnections = 'lost connections';

/** Terminates server processes of the store's database; `which` is a condition on pg_stat_activity. */
async function terminate(database: string, which: string): Promise<void> {
  const url = await serverUrl();
  await runStatement(
    url!,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}' and (${which})`,
  );
}

if (!server) {
  group(lostConnections, (test) => test.skip('all', 'no PostgreSQL here'));
} else {
  group(
    lostConnections,
    (test) => {
      test('a statement whose server process is terminated rejects with the reason', async ({ store, name }) => {
        const running = expectError(store.knex.raw('select pg_sleep(30)').then());
        await sleep(200);
        await terminate(name, "query like '%pg_sleep(30)%'");
        assert.match((await running).code ?? '', /57P01|CONNECTION_CLOSED/);
        assert.equal((await store.knex.raw<{ rows: unknown[] }>('select 1 as a')).rows, [{ a: 1 }]);
      });

      test('nothing of a transaction is stored when its server process is terminated', async (context) => {
        const { store, name } = context;
        const work = store.knex.transaction(async (trx) => {
          await trx('tally').insert({ worker: 'lost', n: 1 });
          await terminate(name, "state = 'idle in transaction'");
          await sleep(50);
          await trx('tally').insert({ worker: 'lost', n: 2 });
        });
        assert.match((await expectError(work)).code ?? '', /57P01|CONNECTION_CLOSED/);
        assert.equal(await store.knex('tally').where({ worker: 'lost' }).select(), []);
      });

      test('inTransaction repeats the work on a new connection', async ({ store, name }) => {
        let attempts = 0;
        await inTransaction(store, async (trx) => {
          attempts += 1;
          await trx('tally').insert({ worker: 'again', n: attempts });
          if (attempts === 1) await terminate(name, "state = 'idle in transaction'");
          await trx.raw('select 1');
        });
        assert.equal(await store.knex('tally').where({ worker: 'again' }).select('n'), [{ n: 2 }]);
      });

      test('many terminated server processes lose nothing and block nothing', async ({ store, name }) => {
        const MIN_ROUNDS = 25;
        const MIN_KILLS = 5;
        let kills = 0;
        // each worker goes on until its connections have been terminated often enough, however slow the machine
        const workers = Array.from({ length: 6 }, async (_, i) => {
          let n = 0;
          while (n < MIN_ROUNDS || kills < MIN_KILLS) {
            n += 1;
            await untilDone(() =>
              inTransaction(store, async (trx) => {
                await trx('tally')
                  .where({ worker: `worker ${i}`, n })
                  .del();
                await trx('tally').insert({ worker: `worker ${i}`, n });
                await trx('tally')
                  .where({ worker: `worker ${i}`, n })
                  .update({ n });
              }),
            );
          }
          return n;
        });
        let isOver = false;
        const killing = (async () => {
          for (; !isOver; kills += 1) {
            await terminate(name, 'random() < 0.4');
            await sleep(20);
          }
        })();
        const rounds = await Promise.all(workers);
        isOver = true;
        await killing;
        // a server process that was told to end may take one more statement before it does
        const rows = await untilDone(() => store.knex('tally').where('worker', 'like', 'worker %').count('* as n'));
        assert.equal(rows, [{ n: String(rounds.reduce((sum, n) => sum + n, 0)) }]);
      });
    },
    {
      setup: async () => {
        const database = await server.create();
        const store = await openStore(database.config);
        await store.knex.raw('create table tally (worker text, n int)');
        const { rows } = await store.knex.raw<{ rows: { name: string }[] }>('select current_database() as name');
        return { store, database, name: rows[0]!.name };
      },
      teardown: async ({ store, database }) => {
        await store.close();
        await database.drop();
      },
    },
  );
}

/** Repeats after a temporary failure, as a cron job would. */
async function untilDone<T>(work: () => PromiseLike<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'temporary') throw error;
    }
  }
}
