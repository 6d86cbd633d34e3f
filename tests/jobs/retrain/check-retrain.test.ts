import * as assert from 'uvu/assert';
import { floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { checkRetrain, type CheckRetrainOptions } from '../../../src/jobs/retrain/check-retrain.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import { expectSummary, jobGroup, type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { listReplaced, writeAgain } from './list-replaced.js';

/** Moves the last training of a symbol into the past. */
async function age(world: JobWorld, symbol: string, interval: string) {
  await world.asOwner(({ store }) =>
    store.knex.raw(
      `UPDATE chartctl_trainings SET trained_at = trained_at - ?::interval WHERE symbol = ? AND kind = 'mark'`,
      [interval, symbol],
    ),
  );
}

const check = (world: JobWorld, symbol: string, options: Partial<CheckRetrainOptions> = {}) =>
  expectSummary(checkRetrain(world.context, { symbols: [symbol], ...options }));

/** One reason of a symbol's verdict. */
async function reason(world: JobWorld, symbol: string, name: string, options: Partial<CheckRetrainOptions>) {
  const { reasons } = await check(world, symbol, options);
  const found = reasons.find((candidate) => candidate.reason === name);
  if (!found) throw new Error(`there is no reason "${name}" in ${JSON.stringify(reasons)}`);
  return found;
}

jobGroup('check-retrain', (test) => {
  test('30 of 600 replaced is not due, 31 is', async (world) => {
    const thirty = await check(world, await listReplaced(world, 30));
    assert.equal([thirty.rows, thirty.replaced, thirty.isDue], [600, 30, false]);
    const more = await check(world, await listReplaced(world, 31));
    assert.equal([more.rows, more.replaced, more.isDue], [600, 31, true]);
    assert.is(more.reasons.length, 1);
    assert.equal(
      { ...more.reasons[0], text: '' },
      {
        reason: 'replaced',
        value: 31 / 600,
        threshold: 0.05,
        unit: 'share',
        isDue: true,
        text: '',
      },
    );
  });

  test('the share is relative to the existing rows', async (world) => {
    const symbol = await listReplaced(world, 20);
    await world.store
      .knex('rolling_chart_data')
      .where({ symbol })
      .andWhere('timestamp', '<', new Date(world.now - 390 * MINUTE_MS))
      .delete();
    const summary = await check(world, symbol);
    assert.equal([summary.rows, summary.window, summary.replaced, summary.isDue], [390, 600, 20, true]);
    assert.match(summary.reasons[0]!.text, /replaced 20 of the 390 rows that there are \(the window is 600\)/);
  });

  test('rows that a training has covered no longer count', async (world) => {
    const symbol = await listReplaced(world, 100);
    assert.ok((await check(world, symbol)).isDue);
    const marking = await check(world, symbol, { markTrained: true });
    assert.ok(marking.isDue, 'a mark does not change that it was due');
    assert.equal(marking.marked, { from: world.now - 600 * MINUTE_MS, to: world.now, rows: 600 });
    const after = await check(world, symbol);
    assert.equal([after.replaced, after.isDue, after.marked], [0, false, null]);
    assert.instance(after.trainedAt, Date);
  });

  test('nor do rows that other SQL wrote with a fraction of a millisecond', async (world) => {
    const symbol = await listReplaced(world, 100);
    await world.store
      .knex('rolling_chart_data')
      .where({ symbol })
      .update({ written_at: '2100-01-01T00:00:00.123456Z' });
    assert.ok((await check(world, symbol, { markTrained: true })).isDue);
    assert.equal((await check(world, symbol)).replaced, 0);
  });

  test('threshold and window are applied and reported', async (world) => {
    const symbol = await listReplaced(world, 30);
    assert.ok((await check(world, symbol, { threshold: 0.049 })).isDue);
    const narrow = await check(world, symbol, { window: 599 });
    assert.ok(narrow.isDue);
    assert.is(narrow.window, 599);
    assert.match(narrow.reasons[0]!.text, /30 of the last 599 rows/);
  });

  test('the result is due if any symbol is due', async (world) => {
    const calm = await listReplaced(world, 0);
    const due = await listReplaced(world, 31);
    const result = await checkRetrain(world.context, { symbols: [calm, due] });
    assert.is(result.isDue, true);
    assert.is(result.exitCode, 0);
  });

  test('age: due once the last training is older than the limit, or if there is none', async (world) => {
    const symbol = await listReplaced(world, 0);
    const maxAgeMs = 7 * 86_400_000;
    await age(world, symbol, '6 days 23 hours');
    assert.is((await reason(world, symbol, 'age', { maxAgeMs })).isDue, false);
    await age(world, symbol, '1 hour');
    const old = await reason(world, symbol, 'age', { maxAgeMs });
    assert.is(old.isDue, true);
    assert.is(old.threshold, 604_800);
    assert.ok(old.value! >= 604_800 && old.value! < 604_900, String(old.value));
    assert.match(old.text, /^the last training was 7 d ago: due after 7 d$/);

    const untrained = world.listSymbol(2000);
    await ingest(world.context, { symbols: [untrained] });
    const never = await reason(world, untrained, 'age', { maxAgeMs });
    assert.equal([never.value, never.isDue], [null, true]);
    assert.match(never.text, /^no training was recorded yet/);
  });

  test('new rows: due from the given number of valid rows after the last trained one', async (world) => {
    const symbol = await listReplaced(world, 0);
    const before = await reason(world, symbol, 'new_rows', { minNewRows: 1 });
    assert.equal([before.value, before.isDue], [0, false]);
    world.advanceMinutes(12);
    await ingest(world.context, { symbols: [symbol] });
    await world.store
      .knex('rolling_chart_data')
      .where({ symbol, timestamp: new Date(world.now - 3 * MINUTE_MS) })
      .update({ hasmissingdata: true });
    const short = await reason(world, symbol, 'new_rows', { minNewRows: 12 });
    assert.equal([short.value, short.isDue], [11, false], 'the flagged one is not valid');
    const enough = await reason(world, symbol, 'new_rows', { minNewRows: 11 });
    assert.equal([enough.value, enough.threshold, enough.isDue], [11, 11, true]);
    await check(world, symbol, { markTrained: true });
    assert.is((await reason(world, symbol, 'new_rows', { minNewRows: 11 })).value, 0);
  });

  test('fallback rows: due if their new share is greater than the limit, until a training is recorded', async (world) => {
    const symbol = await listReplaced(world, 0);
    await writeAgain(world, symbol, { rows: 60, source: 'FALLBACK' });
    assert.is((await reason(world, symbol, 'fallback', { maxFallback: 0.1 })).isDue, false);
    const more = await reason(world, symbol, 'fallback', { maxFallback: 0.099 });
    assert.equal([more.value, more.isDue, more.unit], [0.1, true, 'share']);
    await check(world, symbol, { markTrained: true });
    assert.is((await reason(world, symbol, 'fallback', { maxFallback: 0 })).value, 0);
  });

  test('drift: due if the share of rows that are not as they were served is greater, until a training is recorded', async (world) => {
    const symbol = world.listSymbol(60);
    const closed = floorMinute(Date.now()); // what was served depends on the database's clock
    const candles = generateCandles(symbol, { from: closed - 1_100 * MINUTE_MS, to: closed });
    world.exchange.clock.set(closed + 5_000);
    world.binance.put(symbol, candles);
    await backfill(world.context, { symbols: [symbol], minutes: 1_000 });
    const drift = async (limits: object) => (await reason(world, symbol, 'drift', { maxDrift: 0.5, ...limits })).value!;
    const late = await drift({});
    assert.ok(late >= 597 / 600 && late < 1, `${late}: all but the last minutes were stored late`);
    await check(world, symbol, { markTrained: true });
    assert.is(await drift({}), 0);

    const corrected = closed - 10 * MINUTE_MS;
    world.binance.put(symbol, [reviseCandle(world.binance.get(symbol, corrected)!)]);
    await verify(world.context, { symbols: [symbol], minutes: 60, repair: true, revised: true });
    const found = await reason(world, symbol, 'drift', { maxDrift: 0.001 });
    assert.equal([found.value, found.isDue], [1 / 600, true]);
    assert.is((await reason(world, symbol, 'drift', { maxDrift: 1 / 600 })).isDue, false);
  });

  test('a symbol without rows is never due and never marked', async (world) => {
    const options = { maxAgeMs: 60_000, minNewRows: 1, maxFallback: 0, maxDrift: 0, markTrained: true };
    const empty = await check(world, 'EMPTYUSDT', options);
    assert.equal([empty.rows, empty.isDue, empty.marked], [0, false, null]);
    assert.is(empty.reasons.length, 5);
  });

  test('rows that the exchange only confirmed are not replaced rows', async (world) => {
    const symbol = world.listSymbol(2000);
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    await check(world, symbol, { markTrained: true });
    await world.store.knex('rolling_chart_data').where({ symbol }).update({ hasmissingdata: true });
    const confirmed = await expectSummary(clean(world.context, { symbols: [symbol], repair: true }));
    assert.ok(confirmed.confirmed >= 1000);
    assert.equal((await check(world, symbol)).replaced, 0);
  });

  test('rows off the minute do not push real rows out of the window', async (world) => {
    const symbol = await listReplaced(world, 31);
    await world.store.knex.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, source)
       SELECT symbol, timestamp + interval '5 seconds', open, high, low, close, volume, 'BINANCE'
       FROM rolling_chart_data WHERE symbol = ? AND timestamp >= ?`,
      [symbol, new Date(world.now - 600 * MINUTE_MS)],
    );
    const summary = await check(world, symbol);
    assert.equal([summary.rows, summary.replaced, summary.isDue], [600, 31, true]);
  });
});
