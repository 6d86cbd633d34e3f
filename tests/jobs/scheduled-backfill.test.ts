import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { backfill } from '../../src/jobs/backfill.js';
import { planJobs } from '../../src/schedule/plan-jobs.js';
import { summaryOf, worldGroup, type World } from '../harness/job-world.js';

const DAY_MINUTES = 1440;

/** The minutes that each backfill of a schedule reaches back over. */
function scheduledMinutes(): number[] {
  const lines = planJobs({ symbols: 'all' }).map(({ args }) => args.join(' '));
  return lines.flatMap((line) => {
    const found = /^backfill --(hours|days) (\d+)/.exec(line);
    return found ? [Number(found[2]) * (found[1] === 'days' ? DAY_MINUTES : 60)] : [];
  });
}

async function runScheduled(world: World, symbol: string): Promise<void> {
  for (const minutes of scheduledMinutes()) await summaryOf(backfill(world.context, { symbols: [symbol], minutes }));
}

worldGroup('the backfills of a schedule', (test) => {
  test('fill in the end what Binance did not give during a ban of two days, and no exchange gave then', async (world) => {
    const symbol = world.list(2 * DAY_MINUTES);
    await summaryOf(backfill(world.context, { symbols: [symbol], minutes: 2 * DAY_MINUTES }));
    const ago = (minutes: number) => world.now - minutes * MINUTE_MS;
    const holes = [2 * DAY_MINUTES - 100, 2000, 1200, 700].map(ago);
    const timestamps = holes.map((minute) => new Date(minute));
    await world.store.knex('rolling_chart_data').where({ symbol }).whereIn('timestamp', timestamps).delete();
    await runScheduled(world, symbol);
    const there = new Set((await world.rows(symbol)).map(({ openTime }) => openTime));
    assert.equal(
      holes.filter((minute) => !there.has(minute)),
      [],
    );
  });
});
