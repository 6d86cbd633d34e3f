import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { withStore } from '../../src/database/open-store.js';
import { beginSnapshot, inSnapshot } from '../../src/database/snapshot.js';
import type { Store, Transaction } from '../../src/database/store.js';
import { lockSymbol, tryLockSymbols } from '../../src/database/symbol-locks.js';
import { inTransaction } from '../../src/database/transaction.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';

const server = databases().find(({ name }) => name === 'PostgreSQL');

/** Opens the database with limits that an administrator may have set. */
type OpenLimited = <T>(limits: Record<string, string>, work: (store: Store) => Promise<T>) => Promise<T>;

async function idleLimit(trx: Transaction): Promise<string> {
  const { rows } = await trx.raw<{ rows: { idle_in_transaction_session_timeout: string }[] }>(
    'SHOW idle_in_transaction_session_timeout',
  );
  return rows[0]!.idle_in_transaction_session_timeout;
}

group<{ open: OpenLimited; drop: () => Promise<void> }>(
  "an administrator's limits",
  (test) => {
    if (!server) return test.skip('all', 'no PostgreSQL here');

    test('do not end a transaction that holds locks or is read slowly', async ({ open }) => {
      await open({ idle_in_transaction_session_timeout: '5s' }, async (store) => {
        await inTransaction(store, async (trx) => {
          await lockSymbol(trx, 'BTCUSDT', 1000);
          assert.is(await idleLimit(trx), '0');
        });
        await inTransaction(store, async (trx) => {
          await tryLockSymbols(trx, ['BTCUSDT']);
          assert.is(await idleLimit(trx), '0');
        });
        assert.is(await inSnapshot(store.knex, idleLimit), '0');
        const trx = await beginSnapshot(store.knex);
        assert.is(await idleLimit(trx), '0');
        await trx.rollback();
      });
    });

    test('are named when a transaction was idle for too long', async ({ open }) => {
      const failure = await open({ idle_in_transaction_session_timeout: '50' }, ({ knex }) =>
        knex.transaction(async (trx) => {
          await trx.raw('SELECT 1');
          await new Promise((resolve) => setTimeout(resolve, 500));
          await trx.raw('SELECT 1');
        }),
      ).catch((error: unknown) => error);
      assert.instance(failure, Failure);
      assert.equal([(failure as Failure).exitCode, (failure as Failure).code], [75, '25P03']);
      assert.match((failure as Failure).hint ?? '', /idle_in_transaction_session_timeout/);
    });

    test('are named when lock_timeout ends the wait for a table', async ({ open }) => {
      await open({ lock_timeout: '50' }, async (holder) => {
        await holder.knex.raw('CREATE TABLE held (a int)');
        const trx = await holder.knex.transaction();
        await trx.raw('LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
        const failure: unknown = await open({ lock_timeout: '50' }, ({ knex }) =>
          knex.raw<unknown>('SELECT * FROM held'),
        ).catch((error: unknown) => error);
        await trx.rollback();
        assert.instance(failure, Failure);
        assert.is((failure as Failure).exitCode, 75);
        assert.match((failure as Failure).hint ?? '', /lock_timeout/);
      });
    });
  },
  {
    setup: async () => {
      const database = await server!.create({ ownsDatabase: true });
      const open: OpenLimited = (limits, work) => {
        if (database.config.kind !== 'postgres') throw new Error('not a server');
        const url = new URL(database.config.url);
        for (const [name, value] of Object.entries(limits)) url.searchParams.set(name, value);
        return withStore({ kind: 'postgres', url: url.href }, work);
      };
      return { open, drop: () => database.drop() };
    },
    teardown: ({ drop }) => drop(),
  },
);
