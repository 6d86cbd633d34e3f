import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { loadTrainingRows } from '../../src/jobs/api/training-rows.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { expectSummary, jobGroup } from '../harness/job-world.js';
import { assertMatchesReference } from '../harness/reference.js';

jobGroup('a minute that Binance does not have', (test) => {
  test('makes 400 minutes of warm-up and 600 of a window invalid, unless a fallback exchange fills it', async (world) => {
    const symbol = world.listSymbol(3000);
    const lost = world.now - 1001 * MINUTE_MS;
    world.exchange.hide(symbol, { from: lost, to: lost + MINUTE_MS });
    const range = { from: world.now - 1200 * MINUTE_MS, to: world.now };
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], range }));
    assert.equal([summary.stillMissing, summary.valid, summary.rows], [0, 799, 1199]);
    assert.equal(
      summary.absent.map(({ from, to }) => [from, to]),
      [[lost, lost + MINUTE_MS]],
    );
    assertMatchesReference(await world.rows(symbol));

    const opened = { store: world.store, exchange: world.context.market };
    const countUntil = async (to: number) =>
      (await loadTrainingRows(symbol, { from: to - 600 * MINUTE_MS, to }, opened)).length;
    assert.is(await countUntil(lost + 1001 * MINUTE_MS), 600, '1,000 minutes later the window is ready');
    assert.is(await countUntil(lost + 1000 * MINUTE_MS), 599, 'and not before');

    world.bybit.put(symbol, world.binance.candles(symbol, { from: lost - 50 * MINUTE_MS, to: lost + MINUTE_MS }));
    const filled = await expectSummary(backfill(world.context, { symbols: [symbol], range, fillGaps: true }));
    assert.equal([filled.fromFallback, filled.valid], [1, 1200]);
    assert.is(await countUntil(lost + 450 * MINUTE_MS), 600);
    assertMatchesReference(await world.rows(symbol));
  });
});
