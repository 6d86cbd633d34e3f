import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { readClock } from '../../src/jobs/read-clock.js';
import { status } from '../../src/jobs/status/status.js';
import { verify } from '../../src/jobs/verify/verify.js';
import { saveThrottle } from '../../src/tables/throttle.js';
import { jobGroup, type JobWorld } from '../harness/job-world.js';

const DAY_MS = 86_400_000;

/** Makes all times of the exchange differ from the local clock by `byMs`. */
function setAhead(world: JobWorld, byMs: number): void {
  world.exchange.clock.set(Date.now() + byMs);
  world.context.market = openMarket(world.exchange.config);
}

jobGroup('reading the clock', (test) => {
  test('during a ban Binance is not asked for the time either', async (world) => {
    const symbol = world.listSymbol(500);
    await world.asOwner(({ store }) => saveThrottle(store.knex, 'binance', 3_600_000, 'IP banned'));
    const { source, problem } = await readClock(world.context);
    assert.is(source, 'local');
    assert.match(problem ?? '', /no requests to Binance until .*IP banned/);
    assert.match(world.notices.join(), /using the local clock: no requests to Binance until/);
    const options = { symbols: [symbol] };
    const exits = [];
    for (const job of [ingest, backfill, verify]) exits.push((await job(world.context, options)).exitCode);
    await status(world.context, options);
    assert.equal(exits, [75, 75, 75]);
    assert.equal(
      world.exchange.requests.filter(({ exchange }) => exchange === 'binance'),
      [],
    );
    await world.asOwner(({ store }) => store.knex('chartctl_throttle').delete());
  });

  test('a role without the right to read the throttle gets a failure, and no request is sent', async (world) => {
    if (world.store.kind === 'embedded') return; // it knows no roles
    const error: unknown = await world.asOwner(async ({ store }) => {
      await store.knex.raw('REVOKE SELECT ON chartctl_throttle FROM chartctl_daily');
      return readClock(world.context).catch((thrown: unknown) => thrown);
    });
    assert.match(String(error), 'permission denied for table chartctl_throttle');
    assert.is(world.exchange.requests.length, 0);
  });

  test('a clock years ahead of every other is rejected: nothing is planned, requested or recorded', async (world) => {
    const symbol = world.listSymbol(500);
    setAhead(world, 400 * DAY_MS);
    for (const job of [ingest, backfill, verify]) {
      const failure: unknown = await job(world.context, { symbols: [symbol] }).catch((error: unknown) => error);
      assert.instance(failure, Failure);
      const { kind, code, message } = failure as Failure;
      assert.equal([kind, code], ['temporary', 'CLOCKS_DISAGREE']);
      assert.match(message, /Binance's clock showed .*, this machine's .*, the database's /);
    }
    assert.ok(world.exchange.requests.every(({ path }) => path.endsWith('/time')));
    assert.is((await world.store.knex('chartctl_gaps').where({ symbol })).length, 0);
  });

  test('a clock that is hours ahead is used, with a notice', async (world) => {
    setAhead(world, 3 * 3_600_000);
    assert.is((await readClock(world.context)).source, 'exchange');
    assert.match(world.notices.join(), /the local clock is 10[78]\d\d\.\d s behind Binance's; Binance's clock is used/);
  });
});
