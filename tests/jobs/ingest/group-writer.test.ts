import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { readDatabaseClock } from '../../../src/database/server-facts.js';
import { lockSymbol } from '../../../src/database/symbol-locks.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { databases } from '../../harness/databases.js';
import { jobGroup, type JobWorld } from '../../harness/job-world.js';
import { fault } from '../../loopback/faults.js';

/** Symbols with their history; only the newest minute is missing. */
async function listFollowed(world: JobWorld, count: number): Promise<string[]> {
  const symbols = Array.from({ length: count }, () => world.listSymbol(1200));
  await ingest(world.context, { symbols });
  world.advanceMinutes(1);
  return symbols;
}

async function countStatements(world: JobWorld, work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const countOne = () => void (count += 1);
  world.store.knex.on('query', countOne);
  await work();
  world.store.knex.off('query', countOne);
  return count;
}

jobGroup('ingest of many symbols', (test) => {
  test('takes one request and a fraction of a statement per symbol, each with its look-back', async (world) => {
    const symbols = await listFollowed(world, 60);
    world.exchange.requests.length = 0;
    const statements = await countStatements(world, async () => {
      const { exitCode, outcomes } = await ingest(world.context, { symbols });
      assert.is(exitCode, 0);
      assert.ok(outcomes.every(({ summary }) => summary?.isComplete && summary.stored === 1));
    });
    assert.is(world.exchange.requests.filter(({ path }) => path.endsWith('/klines')).length, 60);
    assert.ok(statements < 60, `${statements} statements`);
    const newest = (await world.rows(symbols[59]!)).at(-1)!;
    assert.is(newest.openTime, world.now - MINUTE_MS);
    assert.is(newest.close, world.binance.get(symbols[59]!, newest.openTime)!.close);
  });

  test('a constraint that rejects a row is a failure of its symbol alone, and is named', async (world) => {
    const symbols = await listFollowed(world, 3);
    const asOwner = (sql: string) => world.asOwner(({ store }) => store.knex.raw(sql));
    await asOwner(`ALTER TABLE rolling_chart_data ADD CONSTRAINT known CHECK (symbol <> '${symbols[1]!}') NOT VALID`);
    const { exitCode, outcomes } = await ingest(world.context, { symbols });
    await asOwner('ALTER TABLE rolling_chart_data DROP CONSTRAINT known');
    assert.is(exitCode, 3);
    const failures = outcomes.map(({ failure }) => failure && [failure.kind, failure.code]);
    assert.equal(failures, [undefined, ['failed', '23514'], undefined]);
    assert.match(outcomes[1]!.failure!.message, new RegExp(`constraint "known"; .*${symbols[1]!}`));
  });

  test('a symbol that the database rejects fails alone', async (world) => {
    const symbols = await listFollowed(world, 5);
    const refused = symbols[2]!;
    const asOwner = (sql: string) => world.asOwner(({ store }) => store.knex.raw(sql));
    await asOwner(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE 'no more of %', NEW.symbol USING ERRCODE = 'insufficient_privilege';
      END $$;
      CREATE TRIGGER refuses BEFORE INSERT ON rolling_chart_data FOR EACH ROW
        WHEN (NEW.symbol = '${refused}') EXECUTE FUNCTION refuse();
    `);
    const { exitCode, outcomes } = await ingest(world.context, { symbols });
    await asOwner('DROP TRIGGER refuses ON rolling_chart_data');
    assert.is(exitCode, 3);
    for (const { symbol, summary, failure } of outcomes) {
      assert.is(failure === undefined, symbol !== refused);
      assert.is(summary?.stored, symbol === refused ? undefined : 1);
    }
  });
});

/** If locked symbols delayed the others, they would wait for longer than this, and the ingest would fail. */
const LOCK_WAIT_MS = 20_000;

/** The symbols whose newest minute is not stored yet. */
async function findUnstored(world: JobWorld, symbols: readonly string[]): Promise<string[]> {
  const newest = await Promise.all(symbols.map(async (symbol) => (await world.rows(symbol)).at(-1)?.openTime));
  return symbols.filter((_, i) => newest[i] !== world.now - MINUTE_MS);
}

jobGroup(
  'ingest of many symbols beside another writer',
  (test) => {
    test('a symbol that another writer has locked delays no other symbol', async (world) => {
      const symbols = await listFollowed(world, 10);
      const held = symbols[4]!;
      const other = await world.store.knex.transaction();
      await lockSymbol(other, held, 1000);
      const ingesting = ingest(world.context, { symbols, lockWaitMs: LOCK_WAIT_MS });
      const others = symbols.filter((symbol) => symbol !== held);
      while ((await findUnstored(world, others)).length > 0) await sleep(20);
      assert.equal(await findUnstored(world, [held]), [held]);
      await other.commit();
      assert.is((await ingesting).exitCode, 0);
      assert.equal(await findUnstored(world, [held]), []);
    });

    test('nor do more locked symbols than there are connections', async (world) => {
      const symbols = await listFollowed(world, 20);
      const held = symbols.filter((_, i) => i % 2 === 0);
      const other = await world.store.knex.transaction();
      for (const symbol of held) await lockSymbol(other, symbol, 1000);
      for (const [i, symbol] of symbols.entries()) world.exchange.faults.always(fault.slow(i * 20), { symbol });
      const ingesting = ingest(world.context, { symbols, lockWaitMs: LOCK_WAIT_MS });
      const others = symbols.filter((symbol) => !held.includes(symbol));
      while ((await findUnstored(world, others)).length > 0) await sleep(20);
      const freedAt = await readDatabaseClock(other);
      await other.commit();
      const { exitCode, outcomes } = await ingesting;
      assert.is(exitCode, 0);
      assert.ok(outcomes.every(({ summary }) => summary?.stored === 1));
      for (const symbol of symbols) {
        const { writtenAt } = (await world.rows(symbol)).at(-1)!;
        assert.is(writtenAt! > freedAt, held.includes(symbol), symbol);
      }
    });

    test("the time that symbols wait for each other does not count as Binance's delay", async (world) => {
      const symbols = Array.from({ length: 24 }, () => world.listSymbol(30));
      for (const symbol of symbols) {
        world.bybit.put(symbol, [world.binance.get(symbol, world.now - MINUTE_MS)!]);
        world.exchange.faults.always(fault.slow(900), { symbol, exchange: 'binance' });
      }
      world.context.market = openMarket(world.exchange.config, { concurrency: 2 });
      const { exitCode, outcomes } = await ingest(world.context, { symbols });
      assert.is(exitCode, 0);
      assert.ok(outcomes.every(({ summary }) => summary?.fallback === null && summary.stored === 30));
    });
  },
  databases().filter(({ name }) => name === 'PostgreSQL'),
);
