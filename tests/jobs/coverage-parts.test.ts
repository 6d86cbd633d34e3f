import * as assert from 'uvu/assert';
import { HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import { sumMinutes } from '../../src/core/range.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { choosePartMs, measureCoverage } from '../../src/jobs/coverage-parts.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { status } from '../../src/jobs/status/status.js';
import { group } from '../harness/group.js';
import { expectSummary, jobGroup } from '../harness/job-world.js';
import { readRows } from '../harness/read-rows.js';

const NOON = Date.parse('2025-06-01T12:00Z');

group("a range's parts", (test) => {
  const lengthOf = (minutes: number, most: number, from = NOON) =>
    choosePartMs({ from, to: from + minutes * MINUTE_MS }, most) / MINUTE_MS;

  test('have the shortest length that gives at most the requested number', () => {
    assert.equal([lengthOf(60, 60), lengthOf(61, 60), lengthOf(720, 60), lengthOf(721, 60)], [1, 2, 12, 15]);
    assert.equal([lengthOf(1440 * 3, 72), lengthOf(1440 * 365, 60)], [60, 1440 * 7]);
  });

  test('start at multiples of their length, so that another start needs one more part', () => {
    assert.is(lengthOf(120, 60, NOON), 2);
    assert.is(lengthOf(120, 60, NOON + MINUTE_MS), 3);
  });
});

jobGroup('coverage in parts', (test) => {
  test('counts rows and valid rows; the first and the last part have only the minutes of the range', async (world) => {
    const symbol = world.listSymbol(1500);
    await ingest(world.context, { symbols: [symbol] });
    const range = { from: world.now - 130 * MINUTE_MS, to: world.now - 5 * MINUTE_MS };
    const parts = await measureCoverage(world.store.knex, symbol, range, HOUR_MS);
    assert.equal(parts, [
      { from: range.from, minutes: 10, rows: 10, valid: 10 },
      { from: world.now - 2 * HOUR_MS, minutes: 60, rows: 60, valid: 60 },
      { from: world.now - HOUR_MS, minutes: 55, rows: 55, valid: 55 },
    ]);
  });

  test('a backfill counts before and after only with the option', async (world) => {
    const symbol = world.listSymbol(3000);
    const hidden = { from: world.now - 40 * MINUTE_MS, to: world.now - 20 * MINUTE_MS };
    world.exchange.hide(symbol, hidden);
    const { coverage } = await expectSummary(
      backfill(world.context, { symbols: [symbol], minutes: 60, coverageParts: 12 }),
    );
    if (!coverage) throw new Error('nothing was counted');
    assert.is(coverage.partMs, 5 * MINUTE_MS);
    assert.is(coverage.before.length, 12);
    assert.ok(coverage.before.every(({ rows, minutes }) => rows === 0 && minutes === 5));
    assert.equal(
      coverage.after.map(({ rows }) => rows),
      [5, 5, 5, 5, 0, 0, 0, 0, 5, 5, 5, 5],
    );
    const again = await expectSummary(
      backfill(world.context, { symbols: [symbol], minutes: 60, coverageParts: 12, dryRun: true }),
    );
    assert.equal(again.coverage?.before, coverage.after);
    assert.equal(again.coverage?.after, coverage.after);
    const silent = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 60 }));
    assert.not('coverage' in silent);
    assert.is(sumMinutes(silent.absent), 20);
  });

  test('status gives the close and the volume of each of 72 hours, by the sound rows', async (world) => {
    const symbol = world.listSymbol(5000);
    await backfill(world.context, { symbols: [symbol], minutes: 240 });
    const { knex } = world.store;
    await knex('rolling_chart_data')
      .where({ symbol, timestamp: new Date(world.now - MINUTE_MS) })
      .update({ close: NaN, volume: 1e12 });
    const { trade } = await expectSummary(status(world.context, { symbols: [symbol] }));
    assert.is(trade.length, 72);
    const last = { from: world.now - HOUR_MS, to: world.now };
    assert.is(trade.at(-1)?.from, last.from);
    const sound = (await readRows(knex, symbol, last)).slice(0, 59);
    assert.is(trade.at(-1)?.close, sound.at(-1)?.close);
    const volume = sound.reduce((sum, row) => sum + row.volume!, 0);
    assert.ok(Math.abs(trade.at(-1)!.volume! - volume) < 1e-9 * volume);
    assert.equal(trade[0], { from: world.now - 72 * HOUR_MS, close: null, volume: null });
  });
});
