import * as assert from 'uvu/assert';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { findStateDifferences, readDatabaseState } from './database-state.js';
import { expectSummary, jobGroup, type JobWorld } from './job-world.js';

/** The differences that a statement of the tables' owner causes; it is rolled back. */
function lossesOf({ asOwner }: JobWorld, statement: string): Promise<string[]> {
  return asOwner(async ({ store }) => {
    const expected = await readDatabaseState(store.knex);
    const trx = await store.knex.transaction();
    try {
      await trx.raw(statement);
      return findStateDifferences(await readDatabaseState(trx), expected);
    } finally {
      await trx.rollback();
    }
  });
}

jobGroup('the state of a database', (test) => {
  test('is the same after a job that changes nothing, whatever its id and the time', async (world) => {
    const symbol = world.listSymbol(700);
    await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 700 }));
    await world.store.knex.raw(`UPDATE rolling_chart_data SET volume = -1 WHERE symbol = '${symbol}' AND close > 0
      AND timestamp = (SELECT max(timestamp) FROM rolling_chart_data)`);
    await expectSummary(clean(world.context, { symbols: [symbol] }));
    const before = await readDatabaseState(world.store.knex);
    await expectSummary(clean(world.context, { symbols: [symbol] }));
    await expectSummary(rebuild(world.context, { symbols: [symbol] }));
    assert.equal(findStateDifferences(await readDatabaseState(world.store.knex), before), []);
    assert.is(before.rolling_chart_data!.length, 700);
    assert.ok(before.chartctl_changes!.length > 0 && before.chartctl_flags!.length > 0);
  });

  test('shows a missing candle, a changed number, a lost flag, audit record or insertion', async (world) => {
    const cases: [string, RegExp][] = [
      ['DELETE FROM rolling_chart_data WHERE rsi = (SELECT max(rsi) FROM rolling_chart_data)', /699 records/],
      ['UPDATE rolling_chart_data SET rsi = rsi + 0.001', /rolling_chart_data: \d+ records differ/],
      ['UPDATE rolling_chart_data SET high = high + 1e-9', /rolling_chart_data: 700 records differ/],
      ['UPDATE rolling_chart_data SET written_at = NULL', /rolling_chart_data: 700 records differ/],
      [`UPDATE chartctl_flags SET state = 'accepted'`, /chartctl_flags: .*"accepted"/],
      ['DELETE FROM chartctl_changes', /chartctl_changes: 0 records/],
      [`UPDATE chartctl_inserts SET to_time = to_time - interval '1 minute'`, /chartctl_inserts: /],
      ['INSERT INTO chartctl_inserts SELECT * FROM chartctl_inserts', /chartctl_inserts: .*1400/],
    ];
    for (const [statement, expected] of cases) assert.match((await lossesOf(world, statement)).join('\n'), expected);
  });

  test('allows the rounding differences of another computation path', async (world) => {
    assert.equal(await lossesOf(world, 'UPDATE rolling_chart_data SET rsi = rsi + 1e-8, macd = macd + 1e-12'), []);
  });
});
