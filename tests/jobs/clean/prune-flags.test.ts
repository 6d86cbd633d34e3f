import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { undo } from '../../../src/jobs/undo.js';
import { summaryOf, worldGroup, type World } from '../../harness/job-world.js';

const STORED_MINUTES = 1600;

function countOldFlags({ store, now }: World, symbol: string): Promise<number> {
  const before = new Date(now - 1440 * MINUTE_MS);
  return store
    .knex('chartctl_flags')
    .where({ symbol })
    .andWhere('timestamp', '<', before)
    .then((found: unknown[]) => found.length);
}

worldGroup('pruning', (test) => {
  test('takes the flags of the rows along, for they would pile up, and undo brings both back', async (world) => {
    const symbol = world.list(STORED_MINUTES);
    const minute = world.now - (STORED_MINUTES - 50) * MINUTE_MS;
    world.binance.put(symbol, [{ ...world.binance.get(symbol, minute)!, volume: 1e6 }]);
    await summaryOf(backfill(world.context, { symbols: [symbol], minutes: STORED_MINUTES }));
    await summaryOf(clean(world.context, { symbols: [symbol], repair: true }));
    const settled = await countOldFlags(world, symbol);
    assert.ok(settled > 0);

    const pruned = await clean(world.context, { symbols: [symbol], keepDays: 1 });
    assert.is(await countOldFlags(world, symbol), 0);
    await undo(world.context, { job: pruned.jobId! });
    assert.is(await countOldFlags(world, symbol), settled);
    assert.ok((await world.rows(symbol)).some(({ openTime }) => openTime === minute));
  });
});
