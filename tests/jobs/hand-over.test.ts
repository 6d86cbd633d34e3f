import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { lockSymbol } from '../../src/database/symbol-locks.js';
import { openTransaction, READ_COMMITTED } from '../../src/database/transaction.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { jobGroup, type JobWorld } from '../harness/job-world.js';

// the embedded database is open in one process only, so no other job waits
const servers = databases().filter(({ name }) => name === 'PostgreSQL');
if (servers.length === 0) {
  group('a job that waits for a symbol', (test) => test.skip('all of it', 'no PostgreSQL here'));
}

jobGroup(
  'a job that waits for a symbol',
  (test) => {
    test('gets it after every 20,000 minutes of a rebuild', async (world) => {
      const symbol = world.listSymbol(2000);
      await ingest(world.context, { symbols: [symbol] });
      const range = { from: world.now - 100_000 * MINUTE_MS, to: world.now };
      const handOvers = await countHandOvers(world, symbol, () => rebuild(world.context, { symbols: [symbol], range }));
      assert.is(handOvers, 5);
    });

    test('gets it after every 10,000 candles of a backfill', async (world) => {
      const symbol = world.listSymbol(31_000);
      const range = { from: world.now - 30_000 * MINUTE_MS, to: world.now };
      const handOvers = await countHandOvers(world, symbol, () =>
        backfill(world.context, { symbols: [symbol], range }),
      );
      assert.ok(handOvers >= 3, `it was handed over ${handOvers} times`);
    });
  },
  servers,
);

/** Lets another writer wait for the symbol while a job runs; returns how often the writer got the lock. */
async function countHandOvers(
  world: JobWorld,
  symbol: string,
  job: () => Promise<{ exitCode: number }>,
): Promise<number> {
  const takeSymbol = async () => {
    const trx = await openTransaction(world.store.knex, READ_COMMITTED);
    await lockSymbol(trx, symbol, 60_000);
    return trx;
  };
  let holder = await takeSymbol();
  let isOver = false;
  const running = job().finally(() => (isOver = true));
  for (let handOvers = 0; ; handOvers += 1) {
    while (!isOver && (await countWaiting(world)) === 0) await sleep(5);
    if (isOver) {
      await holder.rollback();
      assert.is((await running).exitCode, 0);
      return handOvers;
    }
    const next = takeSymbol();
    while ((await countWaiting(world)) < 2) await sleep(5);
    await holder.rollback();
    holder = await next;
  }
}

async function countWaiting({ store }: JobWorld): Promise<number> {
  const { rows } = await store.knex.raw<{ rows: { count: string }[] }>(
    `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return Number(rows[0]!.count);
}
