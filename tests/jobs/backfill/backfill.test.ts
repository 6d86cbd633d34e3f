import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { planJobs } from '../../../src/schedule/plan-jobs.js';
import { removeRows } from '../../../src/tables/rolling-chart-data/write-rows.js';
import { expectSummary, findRowAt, jobGroup, type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';

const HOUR_MS = 60 * MINUTE_MS;

interface Change {
  symbol: string;
  timestamp: Date;
  job_id: string;
  before: Record<string, unknown>;
  reason: string;
}

/** The past `minutes`, up to the newest closed minute. */
function past(world: JobWorld, minutes: number) {
  return { from: world.now - minutes * MINUTE_MS, to: world.now };
}

function klinesAsked(world: JobWorld): number {
  return world.exchange.requests.filter(({ exchange, path }) => exchange === 'binance' && path.endsWith('klines'))
    .length;
}

async function removeMinutes(world: JobWorld, symbol: string, minutes: readonly number[]): Promise<void> {
  await world.store.knex.transaction((trx) => removeRows(trx, symbol, minutes));
}

jobGroup('backfill', (test) => {
  test('an empty table gets the range as BINANCE_BACKFILL and complete, and the warm-up before it', async (world) => {
    const symbol = world.listSymbol(3000);
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol] }));
    const rows = await world.rows(symbol);
    assert.is(summary.inserted, 520);
    assert.is(summary.valid, 120);
    assert.is(summary.requests, 1);
    assert.is(rows.length, 520);
    assert.ok(rows.every((row) => row.source === 'BINANCE_BACKFILL' && row.writtenAt !== null));
    assertMatchesReference(rows);
  });

  test('a second backfill sends no request for candles and changes nothing', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 1500 });
    const before = await world.rows(symbol);
    world.exchange.requests.length = 0;
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 1500 }));
    assert.is(klinesAsked(world), 0);
    assert.is(summary.plannedMinutes, 0);
    assert.equal(await world.rows(symbol), before);
  });

  test('a valid row is kept if the exchange returns other numbers', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 800 });
    const before = await world.rows(symbol);
    const revised = before.map((row) => reviseCandle(row as Candle));
    world.binance.put(symbol, revised);
    const gap = world.now - 300 * MINUTE_MS;
    await removeMinutes(world, symbol, [gap]);
    await backfill(world.context, { symbols: [symbol], minutes: 800 });
    const after = await world.rows(symbol);
    const candle = ({ open, high, low, close, volume, source }: (typeof after)[number]) => [
      open,
      high,
      low,
      close,
      volume,
      source,
    ];
    for (const row of after.filter((other) => other.openTime !== gap && other.isComplete)) {
      assert.equal(candle(row), candle(findRowAt(before, row.openTime)));
    }
    assert.is(findRowAt(after, gap).close, revised.find((row) => row.openTime === gap)!.close);
  });

  test('scattered gaps are filled, and every row that they affect is rebuilt', async (world) => {
    const symbol = world.listSymbol(6000);
    await backfill(world.context, { symbols: [symbol], minutes: 5000 });
    const holes = [4711, 3000, 2999, 2998, 1500, 1499, 700, 12, 1].map((minutes) => world.now - minutes * MINUTE_MS);
    await removeMinutes(world, symbol, holes);
    await rebuild(world.context, { symbols: [symbol] });
    assertMatchesReference(await world.rows(symbol));
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 5000 }));
    assert.is(summary.inserted, holes.length);
    assert.is(summary.valid, 5000);
    assertMatchesReference(await world.rows(symbol));
  });

  test('a row that lacked only its indicators keeps its source', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    const newest = world.now - MINUTE_MS;
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET rsi = NULL, macd = NULL, iscomplete = false WHERE symbol = ? AND timestamp = ?`,
      [symbol, new Date(newest)],
    );
    await backfill(world.context, { symbols: [symbol] });
    const row = findRowAt(await world.rows(symbol), newest);
    assert.is(row.source, 'BINANCE');
    assert.ok(row.isComplete);
  });

  test('a row that the platform wrote is requested once: equal numbers keep its source and set written_at', async (world) => {
    const symbol = world.listSymbol(3000);
    await ingest(world.context, { symbols: [symbol] });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET written_at = NULL, iscomplete = false, source = 'BINANCE' WHERE symbol = ?`,
      [symbol],
    );
    const wrong = world.now - 10 * MINUTE_MS;
    await world.store.knex.raw(`UPDATE rolling_chart_data SET volume = volume / 2 WHERE symbol = ? AND timestamp = ?`, [
      symbol,
      new Date(wrong),
    ]);
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol] }));
    assert.is(summary.confirmed, 119);
    assert.is(summary.replaced, 1);
    const rows = await world.rows(symbol);
    assert.is(findRowAt(rows, wrong).source, 'BINANCE_BACKFILL');
    assert.is(findRowAt(rows, wrong).volume, world.binance.get(symbol, wrong)!.volume);
    const range = past(world, 120);
    const others = rows.filter((row) => row.openTime >= range.from && row.openTime !== wrong);
    assert.ok(others.every((row) => row.source === 'BINANCE' && row.writtenAt !== null && row.isComplete));
    world.exchange.requests.length = 0;
    await backfill(world.context, { symbols: [symbol] });
    assert.is(klinesAsked(world), 0);
  });

  test('the audit has the previous state of a replaced row, with the job and the reason', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol] });
    const minute = world.now - 30 * MINUTE_MS;
    const key = [symbol, new Date(minute)];
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET high = 1, hasmissingdata = false WHERE symbol = ? AND timestamp = ?`,
      key,
    );
    const result = await backfill(world.context, { symbols: [symbol] });
    const changes = await world.store.knex<Change>('chartctl_changes').where({ symbol, timestamp: new Date(minute) });
    assert.is(changes.length, 1);
    assert.is(Number(changes[0]?.job_id), result.jobId);
    assert.is(changes[0]?.before.high, 1);
    assert.is(changes[0]?.reason, 'backfill');
    assertMatchesReference(await world.rows(symbol));
  });

  test('minutes that Binance does not have are recorded with their cause, are no error, and are requested again after an hour', async (world) => {
    const symbol = world.listSymbol(3000);
    const gap = { from: world.now - 60 * MINUTE_MS, to: world.now - 40 * MINUTE_MS };
    world.exchange.hide(symbol, gap);
    const result = await backfill(world.context, { symbols: [symbol] });
    assert.is(result.exitCode, 0);
    assert.equal((await expectSummary(Promise.resolve(result))).absent, [
      { ...gap, cause: 'unknown', haltedMinutes: 0 },
    ]);
    assertMatchesReference(await world.rows(symbol));

    const asks = async () => {
      world.exchange.requests.length = 0;
      await backfill(world.context, { symbols: [symbol], range: { from: gap.from - HOUR_MS, to: gap.to } });
      return klinesAsked(world);
    };
    assert.is(await asks(), 0, 'at once');
    world.advanceMinutes(61);
    assert.is(await asks(), 1, 'after an hour');
    assert.is(await asks(), 0, 'and not again');
    world.advanceMinutes(3 * 60);
    assert.is(await asks(), 0, 'the second pause is longer');
    world.advanceMinutes(4 * 60);
    world.exchange.reveal();
    assert.is(await asks(), 1);
    assert.is((await world.store.knex('chartctl_gaps').where({ symbol })).length, 0, 'the gap is filled and forgotten');
    assertMatchesReference(await world.rows(symbol));
  });

  test('minutes before the listing have the cause not listed, and are not requested again', async (world) => {
    const symbol = world.listSymbol(300);
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 600 }));
    assert.is(summary.rows, 300);
    assert.equal(
      summary.absent.map(({ cause }) => cause),
      ['not listed yet'],
    );
    world.exchange.requests.length = 0;
    await backfill(world.context, { symbols: [symbol], minutes: 600 });
    assert.is(klinesAsked(world), 0);
  });

  test('a minute that Binance has not published within 5 minutes is late: it is no gap and is requested again', async (world) => {
    const symbol = world.listSymbol(3000);
    world.exchange.hide(symbol, past(world, 2));
    const result = await backfill(world.context, { symbols: [symbol] });
    assert.is(result.exitCode, 0);
    const summary = await expectSummary(Promise.resolve(result));
    assert.equal([summary.stillMissing, summary.late, summary.absent], [0, 2, []]);
    world.exchange.reveal();
    assert.is((await expectSummary(backfill(world.context, { symbols: [symbol] }))).inserted, 2);
  });

  test('--fill-gaps fetches what Binance does not have from a fallback, in base volume', async (world) => {
    const symbol = world.listSymbol(3000);
    const gap = { from: world.now - 60 * MINUTE_MS, to: world.now - 40 * MINUTE_MS };
    const wanted = world.binance.candles(symbol, gap);
    world.bybit.put(symbol, world.binance.candles(symbol, { from: gap.from - 50 * MINUTE_MS, to: gap.to }));
    world.exchange.hide(symbol, gap);
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], fillGaps: true }));
    assert.is(summary.fromFallback, 20);
    assert.is(summary.valid, 120);
    const rows = await world.rows(symbol);
    for (const candle of wanted) {
      const row = findRowAt(rows, candle.openTime);
      assert.is(row.source, 'FALLBACK');
      assert.ok(Math.abs(row.volume! - candle.volume) <= 1e-9 * candle.volume);
    }
    assertMatchesReference(rows);
  });

  test("--replace-fallback replaces rows of a fallback exchange by Binance's; without it they are kept", async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol] });
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET source = 'FALLBACK', volume = volume + 1 WHERE symbol = ? AND timestamp >= ?`,
      [symbol, new Date(world.now - 20 * MINUTE_MS)],
    );
    await backfill(world.context, { symbols: [symbol] });
    assert.is((await world.rows(symbol)).filter((row) => row.source === 'FALLBACK').length, 20);
    const summary = await expectSummary(backfill(world.context, { symbols: [symbol], replaceFallback: true }));
    assert.is(summary.replaced, 20);
    const rows = await world.rows(symbol);
    assert.ok(rows.every((row) => row.source === 'BINANCE_BACKFILL'));
    assert.ok(rows.every((row) => row.volume === world.binance.get(symbol, row.openTime)!.volume));
  });

  test('a dry run plans requests and weight and changes nothing', async (world) => {
    const symbol = world.listSymbol(3000);
    const result = await backfill(world.context, { symbols: [symbol], minutes: 2000, dryRun: true });
    const summary = await expectSummary(Promise.resolve(result));
    assert.is(result.jobId, null);
    assert.is(summary.plannedMinutes, 2400);
    assert.is(summary.requests, 3);
    assert.is(summary.weight, 6);
    assert.is(klinesAsked(world), 0);
    assert.is((await world.rows(symbol)).length, 0);
    assert.is((await world.store.knex('chartctl_jobs').whereRaw('? = ANY(symbols)', [symbol])).length, 0);
  });

  test('an unsound candle ends a run until backfill replaces it', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    const minute = world.now - 500 * MINUTE_MS;
    await world.store.knex.raw(`UPDATE rolling_chart_data SET close = 'NaN' WHERE symbol = ? AND timestamp = ?`, [
      symbol,
      new Date(minute),
    ]);
    await rebuild(world.context, { symbols: [symbol], minutes: [minute] });
    const broken = await world.rows(symbol);
    assertMatchesReference(broken);
    assert.is(broken.filter((row) => row.openTime >= minute && !row.isComplete).length, 401);
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    const mended = await world.rows(symbol);
    assertMatchesReference(mended);
    assert.is(mended.filter((row) => row.openTime >= minute && !row.isComplete).length, 0);
  });

  test('a row that was deleted outside chartctl and that Binance lacks, too, ends the run: the rows after it are rebuilt', async (world) => {
    const symbol = world.listSymbol(3000);
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    const lost = world.now - 300 * MINUTE_MS;
    await removeMinutes(world, symbol, [lost]);
    world.exchange.hide(symbol, { from: lost, to: lost + MINUTE_MS });
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    assertMatchesReference(await world.rows(symbol));
  });
});

const DAY_MINUTES = 1440;

/** The range in minutes of each backfill in a schedule. */
function scheduledMinutes(): number[] {
  const lines = planJobs({ symbols: 'all' }).map(({ args }) => args.join(' '));
  return lines.flatMap((line) => {
    const found = /^backfill --(hours|days) (\d+)/.exec(line);
    return found ? [Number(found[2]) * (found[1] === 'days' ? DAY_MINUTES : 60)] : [];
  });
}

async function runScheduled(world: JobWorld, symbol: string): Promise<void> {
  for (const minutes of scheduledMinutes())
    await expectSummary(backfill(world.context, { symbols: [symbol], minutes }));
}

jobGroup('the backfills of a schedule', (test) => {
  test('fill all minutes that were missed during a ban of two days', async (world) => {
    const symbol = world.listSymbol(2 * DAY_MINUTES);
    await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 2 * DAY_MINUTES }));
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
