import * as assert from 'uvu/assert';
import { openStore } from '../../src/database/open-store.js';
import type { Store, Transaction } from '../../src/database/store.js';
import { lockSymbol, tryLockSymbols } from '../../src/database/symbol-locks.js';
import { inTransaction } from '../../src/database/transaction.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { runStatement } from '../harness/scratch-cluster.js';

interface Server {
  /** As the role of the tests. */
  url: string;
  superuser: string;
  drop: () => Promise<void>;
}

const server = databases().find(({ name }) => name === 'PostgreSQL');

group<Server>(
  'locks',
  (test) => {
    if (!server) return test.skip('all', 'no PostgreSQL here');

    test('a transaction that holds a lock sees what is committed, whatever the default isolation level', async ({
      url,
    }) => {
      const strict = new URL(url);
      strict.searchParams.set('default_transaction_isolation', 'serializable');
      await withStoreAt(strict.href, async (store) => {
        await store.knex.raw('create table if not exists seen (a int)');
        const seen = await inTransaction(store, async (trx) => {
          await lockSymbol(trx, 'BTCUSDT', 1000);
          await runStatement(url, 'insert into seen values (1)');
          return trx('seen').select();
        });
        assert.equal(seen, [{ a: 1 }]);
      });
    });

    test('the server detects within a minute that the client of such a transaction is lost', async ({ url }) => {
      await withStoreAt(url, async (store) => {
        const expected = { idle: '30', interval: '10', count: '3', unread: '60000' };
        await inTransaction(store, async (trx) => {
          await lockSymbol(trx, 'BTCUSDT', 1000);
          assert.equal(await readKeepAliveSettings(trx), expected);
        });
        await inTransaction(store, async (trx) => {
          assert.is((await tryLockSymbols(trx, ['BTCUSDT', 'ETHUSDT'])).locked.size, 2);
          assert.equal(await readKeepAliveSettings(trx), expected);
        });
      });
    });

    test('or sooner, where DATABASE_URL says so', async ({ url }) => {
      const impatient = new URL(url);
      impatient.searchParams.set('tcp_keepalives_idle', '7');
      await withStoreAt(impatient.href, (store) =>
        inTransaction(store, async (trx) => {
          await lockSymbol(trx, 'BTCUSDT', 1000);
          assert.is((await readKeepAliveSettings(trx)).idle, '7');
        }),
      );
    });
  },
  {
    setup: async () => {
      const database = await server!.create({ ownsDatabase: true });
      const urlOf = (config: typeof database.config) => (config.kind === 'postgres' ? config.url : '');
      return { url: urlOf(database.config), superuser: urlOf(database.superuser), drop: () => database.drop() };
    },
    teardown: ({ drop }) => drop(),
  },
);

async function withStoreAt(url: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ kind: 'postgres', url });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** How long the server waits for a client that does not answer. */
async function readKeepAliveSettings(trx: Transaction): Promise<Record<string, string>> {
  const { rows } = await trx.raw<{ rows: Record<string, string>[] }>(
    `select current_setting('tcp_keepalives_idle') as idle, current_setting('tcp_keepalives_interval') as interval,
       current_setting('tcp_keepalives_count') as count, current_setting('tcp_user_timeout') as unread`,
  );
  return rows[0]!;
}
