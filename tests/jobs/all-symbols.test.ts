import * as assert from 'uvu/assert';
import { backfill } from '../../src/jobs/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { summaryOf, worldGroup } from '../harness/job-world.js';

const STRANGE = ['btcusdt', "BTC'; --", '$(touch pwned)', 'A SYMBOL OF MORE THAN TWENTY', ''];

worldGroup('all symbols', (test) => {
  test('are those that could be named: other texts in their place are passed over, aloud', async (world) => {
    const symbol = world.list(500);
    await summaryOf(backfill(world.context, { symbols: [symbol], minutes: 500 }));
    for (const text of STRANGE)
      await world.store.knex.raw(
        `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
         VALUES (?, '2025-06-01', 1, 0, 2, 1, -1)`,
        [text],
      );
    for (const job of [clean, rebuild]) {
      world.notices.length = 0;
      const { outcomes } = await job(world.context, { symbols: 'all' });
      assert.equal(
        outcomes.map((outcome) => outcome.symbol),
        [symbol],
      );
      assert.is(world.notices.length, 1);
      assert.match(world.notices[0]!, /passes over rows whose symbol is none: .*, and 2 more; expected 1 to 20 of/);
    }
    const { rows } = await world.store.knex.raw<{ rows: { count: string }[] }>(
      `SELECT count(*) FROM rolling_chart_data WHERE volume = -1 AND NOT hasmissingdata`,
    );
    assert.is(Number(rows[0]!.count), STRANGE.length, 'they stay as they are');
  });
});
