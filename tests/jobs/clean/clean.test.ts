import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { expectSummary, findRowAt, jobGroup, type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';

/** A symbol of constant volume whose past 1,000 minutes are stored and complete, with spikes at the given ages. */
async function listWithSpikes(world: JobWorld, ages: readonly number[]): Promise<string> {
  const symbol = world.listSymbol(3000);
  const calm = world.binance.candles(symbol, world.binance.extent(symbol)).map((candle) => ({
    ...candle,
    volume: 10 + ((candle.openTime / MINUTE_MS) % 7),
  }));
  const spikes = new Set(ages.map((age) => world.now - age * MINUTE_MS));
  world.binance.put(
    symbol,
    calm.map((candle): Candle => (spikes.has(candle.openTime) ? { ...candle, volume: 5000 } : candle)),
  );
  await backfill(world.context, { symbols: [symbol], minutes: 1000 });
  return symbol;
}

/** The minutes that the platform's own statement selects. */
async function spikesByHand(world: JobWorld, symbol: string): Promise<Minute[]> {
  const { rows } = await world.store.knex.raw<{ rows: { timestamp: Date }[] }>(
    `SELECT timestamp FROM rolling_chart_data WHERE symbol = ? AND volume > (
       SELECT AVG(volume) + 3 * STDDEV(volume) FROM rolling_chart_data WHERE symbol = ?) ORDER BY timestamp`,
    [symbol, symbol],
  );
  return rows.map((row) => row.timestamp.getTime());
}

async function flaggedMinutes(world: JobWorld, symbol: string): Promise<Minute[]> {
  return (await world.rows(symbol)).filter((row) => row.hasMissingData).map((row) => row.openTime);
}

function update(world: JobWorld, symbol: string, minute: Minute, assignment: string): Promise<unknown> {
  return world.store.knex.raw(`UPDATE rolling_chart_data SET ${assignment} WHERE symbol = ? AND timestamp = ?`, [
    symbol,
    new Date(minute),
  ]);
}

/** Inserts a copy of a row at an odd time, with another close. */
async function copyRow(world: JobWorld, symbol: string, minute: Minute, time: string, close: string): Promise<void> {
  await world.store.knex.raw(
    `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, source, hasmissingdata, iscomplete, written_at)
     SELECT symbol, ?::timestamptz, open, high, low, ${close}, volume, source, false, false, clock_timestamp()
     FROM rolling_chart_data WHERE symbol = ? AND timestamp = ?`,
    [time, symbol, new Date(minute)],
  );
}

interface Flag {
  timestamp: Date;
  rule: string;
  state: string;
  threshold: number | null;
  reason: string;
}

const flagsOf = (world: JobWorld, symbol: string) =>
  world.store.knex('chartctl_flags').where({ symbol }).orderBy('timestamp') as Promise<Flag[]>;

const changesOf = (world: JobWorld, symbol: string) =>
  world.store.knex('chartctl_changes').where({ symbol }).orderBy('timestamp') as Promise<
    { action: string; reason: string; before: Record<string, unknown>; timestamp: Date }[]
  >;

jobGroup('clean', (test) => {
  test('flags of 3 sigma equal those of a SELECT by hand', async (world) => {
    const symbol = await listWithSpikes(world, [700, 300, 20]);
    const expected = await spikesByHand(world, symbol);
    assert.is(expected.length, 3);
    const summary = await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.is(summary.spikes, 3);
    assert.equal(await flaggedMinutes(world, symbol), expected);
    const flags = await flagsOf(world, symbol);
    assert.equal(
      flags.map((flag) => [flag.rule, flag.state]),
      Array(3).fill(['volume_spike', 'open']),
    );
    assert.is(flags[0]?.threshold, summary.threshold);
  });

  test('flags stay after a rebuild, and a second clean changes nothing', async (world) => {
    const symbol = await listWithSpikes(world, [700, 300]);
    await clean(world.context, { symbols: [symbol] });
    await rebuild(world.context, { symbols: [symbol] });
    const before = await world.rows(symbol);
    assert.is(before.filter((row) => row.hasMissingData).length, 2);
    const summary = await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.is(summary.spikes + summary.unsound + summary.moved + summary.duplicates + summary.rebuilt, 0);
    assert.equal(await world.rows(symbol), before);
    assertMatchesReference(before);
  });

  test('--sigma moves the threshold', async (world) => {
    const symbol = await listWithSpikes(world, [700]);
    const strict = await expectSummary(clean(world.context, { symbols: [symbol], sigma: 100 }));
    assert.is(strict.spikes, 0);
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol], sigma: 3 }))).spikes, 1);
  });

  test("the exchange's confirmation resolves a flag, and it is not set again", async (world) => {
    const symbol = await listWithSpikes(world, [700, 300]);
    await clean(world.context, { symbols: [symbol] });
    const before = await world.rows(symbol);
    const summary = await expectSummary(clean(world.context, { symbols: [symbol], repair: true }));
    assert.is(summary.confirmed, 2);
    assert.is(summary.openFlags, 0);
    const after = await world.rows(symbol);
    const candle = (row: ChartRow) => [row.openTime, row.close, row.volume, row.source];
    assert.equal(after.map(candle), before.map(candle));
    const flags = await flagsOf(world, symbol);
    assert.ok(flags.every((flag) => flag.state === 'confirmed'));
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol] }))).spikes, 0);
    assert.equal(await flaggedMinutes(world, symbol), []);
  });

  test('a backfill over a flagged row confirms it too', async (world) => {
    const symbol = await listWithSpikes(world, [30]);
    await clean(world.context, { symbols: [symbol] });
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol] }));
    assert.is(summary.confirmed, 1);
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol] }))).spikes, 0);
  });

  test('other numbers of the exchange replace a flagged row; it counts as repaired and is not flagged again', async (world) => {
    const symbol = await listWithSpikes(world, [300]);
    const minute = world.now - 300 * MINUTE_MS;
    await clean(world.context, { symbols: [symbol] });
    const revised = { ...reviseCandle(world.binance.get(symbol, minute)!), volume: 123_456 };
    world.binance.put(symbol, [revised]);
    const summary = await expectSummary(clean(world.context, { symbols: [symbol], repair: true }));
    assert.is(summary.repaired, 1);
    const row = findRowAt(await world.rows(symbol), minute);
    assert.is(row.volume, 123_456);
    assert.is(row.source, 'BINANCE_BACKFILL');
    assert.not.ok(row.hasMissingData);
    assert.is((await flagsOf(world, symbol))[0]?.state, 'repaired');
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol] }))).spikes, 0);
    assertMatchesReference(await world.rows(symbol));
  });

  test('--keep-flagged confirms and keeps the flag; backfill does not request the row again', async (world) => {
    const symbol = await listWithSpikes(world, [30]);
    await clean(world.context, { symbols: [symbol] });
    await clean(world.context, { symbols: [symbol], repair: true, keepFlagged: true });
    assert.equal(await flaggedMinutes(world, symbol), [world.now - 30 * MINUTE_MS]);
    world.exchange.requests.length = 0;
    await backfill(world.context, { symbols: [symbol] });
    assert.is(world.exchange.requests.filter(({ path }) => path.endsWith('klines')).length, 0);
    assert.equal(await flaggedMinutes(world, symbol), [world.now - 30 * MINUTE_MS]);
    await clean(world.context, { symbols: [symbol], repair: true });
    assert.equal(await flaggedMinutes(world, symbol), []);
  });

  test('--accept resolves a flag, stores the reason, and the rule does not set it again', async (world) => {
    const symbol = await listWithSpikes(world, [700, 300]);
    await clean(world.context, { symbols: [symbol] });
    const minute = world.now - 300 * MINUTE_MS;
    const accept = { minutes: [minute], reason: 'listing day' };
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol], accept }))).accepted, 1);
    assert.equal(await flaggedMinutes(world, symbol), [world.now - 700 * MINUTE_MS]);
    const flag = (await flagsOf(world, symbol)).find(({ timestamp }) => timestamp.getTime() === minute);
    assert.equal([flag?.state, flag?.reason], ['accepted', 'listing day']);
    const all = { minutes: 'all-open', reason: 'looked at' } as const;
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol], accept: all }))).accepted, 1);
    assert.equal(await flaggedMinutes(world, symbol), []);
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol] }))).spikes, 0);
  });

  test('a flag set by other SQL counts as open, is recorded, and is resolved only by the exchange', async (world) => {
    const symbol = await listWithSpikes(world, []);
    const minute = world.now - 100 * MINUTE_MS;
    await update(world, symbol, minute, 'hasMissingData = TRUE');
    await rebuild(world.context, { symbols: [symbol] });
    await clean(world.context, { symbols: [symbol] });
    assert.equal(await flaggedMinutes(world, symbol), [minute]);
    const [flag] = await flagsOf(world, symbol);
    assert.equal([flag?.rule, flag?.state], ['external', 'open']);
    await clean(world.context, { symbols: [symbol], repair: true });
    assert.equal(await flaggedMinutes(world, symbol), []);
    await update(world, symbol, minute, 'hasMissingData = TRUE');
    assert.is((await expectSummary(backfill(world.context, { symbols: [symbol] }))).confirmed, 1);
  });

  test("the exchange's confirmation of a row flagged by other SQL is recorded, also without a clean in between", async (world) => {
    const symbol = await listWithSpikes(world, [100]);
    const minute = world.now - 100 * MINUTE_MS;
    await update(world, symbol, minute, 'hasMissingData = TRUE');
    assert.is((await expectSummary(backfill(world.context, { symbols: [symbol] }))).confirmed, 1);
    const flags = (await flagsOf(world, symbol)).map(({ rule, state }) => [rule, state]);
    assert.equal(flags, [['external', 'confirmed']]);
    assert.is(
      (await expectSummary(clean(world.context, { symbols: [symbol] }))).spikes,
      0,
      'Binance confirmed the spike',
    );
  });

  test('a flag that is kept by option keeps its record, however often it is confirmed', async (world) => {
    const symbol = await listWithSpikes(world, [100]);
    await clean(world.context, { symbols: [symbol], repair: true, keepFlagged: true });
    await ingest(world.context, { symbols: [symbol], at: world.now - 100 * MINUTE_MS });
    assert.equal(
      (await flagsOf(world, symbol)).map(({ rule, state }) => [rule, state]),
      [['volume_spike', 'confirmed']],
    );
  });

  test('an unsound candle is flagged with its fault and ends the run; repair fixes both', async (world) => {
    const symbol = await listWithSpikes(world, []);
    const minute = world.now - 200 * MINUTE_MS;
    await update(world, symbol, minute, 'high = low / 2');
    const summary = await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.is(summary.unsound, 1);
    assert.is((await flagsOf(world, symbol))[0]?.rule, 'unsound');
    const broken = await world.rows(symbol);
    assertMatchesReference(broken);
    assert.is(broken.filter((row) => row.openTime >= minute && !row.isComplete).length, 200);
    await clean(world.context, { symbols: [symbol], repair: true });
    assertMatchesReference(await world.rows(symbol));
    assert.is((await world.rows(symbol)).filter((row) => row.openTime >= minute && !row.isComplete).length, 0);
  });

  test('NaN and negative volumes are unsound and do not enter the statistics', async (world) => {
    const symbol = await listWithSpikes(world, [700]);
    const limit = (await expectSummary(clean(world.context, { symbols: [symbol], dryRun: true }))).threshold!;
    await update(world, symbol, world.now - 50 * MINUTE_MS, `volume = 'NaN'`);
    await update(world, symbol, world.now - 51 * MINUTE_MS, 'volume = -1e12');
    const summary = await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.is(summary.unsound, 2);
    assert.is(summary.spikes, 1);
    assert.ok(Math.abs(summary.threshold! / limit - 1) < 0.01);
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol] }))).unsound, 0);
  });

  test('of duplicates the one written last is kept on the minute, and the removed one is in the audit', async (world) => {
    const symbol = await listWithSpikes(world, []);
    const minute = world.now - 100 * MINUTE_MS;
    const iso = new Date(minute).toISOString();
    await copyRow(world, symbol, minute, iso.replace('00.000Z', '28.000451Z'), 'high');
    const high = findRowAt(await world.rows(symbol), minute).high;
    const summary = await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.equal([summary.duplicates, summary.moved], [1, 1]);
    assert.is(findRowAt(await world.rows(symbol), minute).close, high);
    const changes = await changesOf(world, symbol);
    assert.equal(
      changes.map(({ action }) => action),
      ['delete', 'move'],
    );
    assert.is(changes[0]!.timestamp.getTime(), minute);
    assertMatchesReference(await world.rows(symbol));
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol] }))).rebuilt, 0);
  });

  test('of two rows of a minute a sound one is preferred to a later unsound one', async (world) => {
    const symbol = await listWithSpikes(world, []);
    const minute = world.now - 100 * MINUTE_MS;
    await copyRow(world, symbol, minute, new Date(minute + 1).toISOString(), `'NaN'::float8`);
    const before = await world.rows(symbol);
    const summary = await expectSummary(clean(world.context, { symbols: [symbol] }));
    assert.equal([summary.duplicates, summary.moved, summary.unsound], [1, 0, 0]);
    assert.equal(await world.rows(symbol), before);
  });

  test('a single row off the minute is moved to its minute and joins the runs around it', async (world) => {
    const symbol = await listWithSpikes(world, []);
    const minute = world.now - 100 * MINUTE_MS;
    await update(world, symbol, minute, `timestamp = timestamp + interval '17.5 seconds'`);
    await rebuild(world.context, { symbols: [symbol] });
    assert.is((await world.rows(symbol)).length, 1399);
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol] }))).moved, 1);
    const rows = await world.rows(symbol);
    assert.is(rows.length, 1400);
    assertMatchesReference(rows);
  });

  test('--keep prunes into the audit, but never the window and its warm-up, and rebuilds the rows that now start a run', async (world) => {
    const symbol = world.listSymbol(4000);
    await backfill(world.context, { symbols: [symbol], minutes: 3000 });
    const summary = await expectSummary(clean(world.context, { symbols: [symbol], keepDays: 1 }));
    assert.is(summary.pruned, 3400 - 1440);
    const rows = await world.rows(symbol);
    assert.is(rows.length, 1440);
    assertMatchesReference(rows);
    assert.is((await changesOf(world, symbol)).filter(({ action }) => action === 'delete').length, summary.pruned);
    world.advanceMinutes(3 * 1440);
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol], keepDays: 1 }))).pruned, 440);
    assert.is((await world.rows(symbol)).length, 1000);
  });

  test('a dry run lists the changes and makes none', async (world) => {
    const symbol = await listWithSpikes(world, [300]);
    await copyRow(
      world,
      symbol,
      world.now - 100 * MINUTE_MS,
      new Date(world.now - 100 * MINUTE_MS + 5000).toISOString(),
      'high',
    );
    const before = await world.rows(symbol);
    const result = await clean(world.context, { symbols: [symbol], dryRun: true });
    const summary = await expectSummary(Promise.resolve(result));
    assert.is(result.jobId, null);
    assert.equal(summary.changes.map(({ action }) => action).sort(), ['delete', 'flag', 'move']);
    assert.equal(await world.rows(symbol), before);
    assert.is((await changesOf(world, symbol)).length, 0);
    assert.is((await flagsOf(world, symbol)).length, 0);
  });

  test('"all open" accepts existing flags, not those of the same run', async (world) => {
    const symbol = await listWithSpikes(world, [300]);
    const accept = { minutes: 'all-open', reason: 'seen' } as const;
    const first = await expectSummary(clean(world.context, { symbols: [symbol], accept }));
    assert.equal([first.spikes, first.accepted, first.openFlags], [1, 0, 1]);
    assert.is((await expectSummary(clean(world.context, { symbols: [symbol], accept }))).accepted, 1);
  });

  test('a flagged minute that Binance does not have is requested again only when it is due', async (world) => {
    const symbol = await listWithSpikes(world, [300]);
    const minute = world.now - 300 * MINUTE_MS;
    await clean(world.context, { symbols: [symbol] });
    world.exchange.hide(symbol, { from: minute, to: minute + MINUTE_MS });
    for (let run = 0; run < 3; run += 1) await clean(world.context, { symbols: [symbol], repair: true });
    const gaps = (await world.store.knex('chartctl_gaps').where({ symbol })) as { asked_count: number }[];
    assert.equal(
      gaps.map((gap) => gap.asked_count),
      [1],
    );
    world.advanceMinutes(61);
    await clean(world.context, { symbols: [symbol], repair: true });
    const later = (await world.store.knex('chartctl_gaps').where({ symbol })) as { asked_count: number }[];
    assert.equal(
      later.map((gap) => gap.asked_count),
      [2],
    );
  });

  test('an absurd volume is flagged and breaks neither the statistics nor the other symbols', async (world) => {
    const symbols = [await listWithSpikes(world, []), await listWithSpikes(world, [])];
    await update(world, symbols[0]!, world.now - 50 * MINUTE_MS, 'volume = 1e200');
    const result = await clean(world.context, { symbols });
    assert.is(result.exitCode, 0);
    assert.equal(
      result.outcomes.map(({ summary }) => summary!.spikes),
      [1, 0],
    );
  });

  test(
    '200,000 old rows are pruned at once',
    async (world) => {
      const symbol = world.listSymbol(10);
      await world.store.knex.raw(
        `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, written_at)
       SELECT ?, t, 1, 1, 1, 1, 1, clock_timestamp() FROM generate_series(?::timestamptz, ?::timestamptz, interval '1 minute') t`,
        [symbol, new Date(world.now - 200_000 * MINUTE_MS), new Date(world.now - MINUTE_MS)],
      );
      const summary = await expectSummary(clean(world.context, { symbols: [symbol], keepDays: 1 }));
      assert.is(summary.pruned, 200_000 - 1440);
    },
    { timeoutMs: 120_000 },
  );
});
