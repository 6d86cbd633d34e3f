import * as assert from 'uvu/assert';
import type { Candle, Source } from '../../src/core/candle.js';
import { EXIT_CODES } from '../../src/core/failure.js';
import { type Minute, MINUTE_MS } from '../../src/core/minute.js';
import type { MinuteRange } from '../../src/core/range.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { backfill, type BackfillSummary } from '../../src/jobs/backfill/backfill.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import type { JobResult } from '../../src/jobs/job.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { removeRows } from '../../src/tables/rolling-chart-data/write-rows.js';
import { readFixtureCandles } from '../harness/fixtures.js';
import type { GroupTest } from '../harness/group.js';
import { jobGroup, type JobWorld } from '../harness/job-world.js';
import { assertMatchesReference } from '../harness/reference.js';

const LIMIT = { timeoutMs: 240_000 };

/** Small series with the events of a real market, from listing to end, for each symbol. */
type Series = Readonly<Record<string, readonly Candle[]>>;

const TWO_DAYS: MinuteRange = { from: Date.UTC(2025, 5, 1), to: Date.UTC(2025, 5, 3) };

jobGroup('21 days of real candles, replayed', (test) => {
  const series = { BTCUSDT: readClean('BTCUSDT'), ETHUSDT: readClean('ETHUSDT') };
  assert.equal([series.BTCUSDT.length, series.ETHUSDT.length], [30_240, 30_240]);
  declareReplay(test, series, { liveMinutes: 120, deletedRows: 200 });
});

jobGroup('two days of generated candles, replayed', (test) => {
  const series = { BTCUSDT: generateCandles('BTCUSDT', TWO_DAYS), DOGEUSDT: generateCandles('DOGEUSDT', TWO_DAYS) };
  declareReplay(test, series, { liveMinutes: 10, deletedRows: 40 });
});

/** The tests depend on each other: each one starts with the table of the previous one. */
function declareReplay(
  test: GroupTest<JobWorld>,
  series: Series,
  { liveMinutes, deletedRows }: { liveMinutes: number; deletedRows: number },
): void {
  const symbols = Object.keys(series);
  const all = series[symbols[0]!]!;
  const range: MinuteRange = { from: all[0]!.openTime, to: all.at(-1)!.openTime + MINUTE_MS };
  const firstLive = range.to - liveMinutes * MINUTE_MS;
  const deleted = new Set(scatter(all.length, deletedRows).map((place) => all[place]!.openTime));

  test(
    'backfill stores the past candle by candle, with the indicators of the whole series',
    async (world) => {
      for (const symbol of symbols) world.binance.put(symbol, series[symbol]!);
      moveTo(world, firstLive);
      const result = await backfill(world.context, { symbols, range });
      assertDone(result, symbols);
      for (const symbol of symbols) {
        await assertStored(world, symbol, upTo(series[symbol]!, firstLive), () => 'BINANCE_BACKFILL');
      }
    },
    LIMIT,
  );

  test(
    `ingest minute by minute continues after backfill, with the same rows as the whole series`,
    async (world) => {
      for (let passed = 0; passed < liveMinutes; passed += 1) {
        world.advanceMinutes(1);
        const result = await ingest(world.context, { symbols });
        assertDone(result, symbols);
        for (const { summary } of result.outcomes) {
          assert.equal([summary!.stored, summary!.isComplete, summary!.fallback], [1, true, null]);
        }
      }
      assert.is(world.now, range.to);
      for (const symbol of symbols) {
        await assertStored(world, symbol, series[symbol]!, (minute) =>
          minute < firstLive ? 'BINANCE_BACKFILL' : 'BINANCE',
        );
      }
    },
    LIMIT,
  );

  test(
    `after ${deletedRows} scattered rows were deleted, backfill restores the same table`,
    async (world) => {
      for (const symbol of symbols) {
        await world.store.knex.transaction((trx) => removeRows(trx, symbol, [...deleted]));
        assert.is((await world.rows(symbol)).length, all.length - deletedRows);
      }
      const result = await backfill(world.context, { symbols, range });
      assertDone(result, symbols);
      for (const { summary } of result.outcomes) {
        assert.equal([summary!.inserted, summary!.replaced], [deletedRows, 0]);
      }
      for (const symbol of symbols) {
        await assertStored(world, symbol, series[symbol]!, (minute) =>
          minute < firstLive || deleted.has(minute) ? 'BINANCE_BACKFILL' : 'BINANCE',
        );
      }
    },
    LIMIT,
  );

  test(
    'another backfill requests no candle and changes no row',
    async (world) => {
      const before = await digestTable(world);
      world.exchange.requests.length = 0;
      const result: JobResult<BackfillSummary> = await backfill(world.context, { symbols, range });
      assertDone(result, symbols);
      assert.equal(
        world.exchange.requests.filter(({ path }) => !path.endsWith('/time')).map(({ path }) => path),
        [],
      );
      for (const { summary } of result.outcomes) assert.is(summary!.requests, 0);
      assert.is(await digestTable(world), before);
    },
    LIMIT,
  );

  test('every job of the replay is recorded as done', async (world) => {
    const jobs = await world.store
      .knex('chartctl_jobs')
      .whereNot({ command: 'migrate' })
      .groupBy('command', 'outcome', 'exit_code')
      .orderBy('command')
      .select<{ command: string; outcome: string; exit_code: number; jobs: unknown; finished: unknown }[]>(
        'command',
        'outcome',
        'exit_code',
        world.store.knex.raw('count(*)::int AS jobs'),
        world.store.knex.raw('count(finished_at)::int AS finished'),
      );
    assert.equal(jobs, [
      { command: 'backfill', outcome: 'done', exit_code: 0, jobs: 3, finished: 3 },
      { command: 'ingest', outcome: 'done', exit_code: 0, jobs: liveMinutes, finished: liveMinutes },
    ]);
  });
}

/** The rows of a symbol are the candles, number for number, with the right sources, and valid from the 401st on. */
async function assertStored(
  world: JobWorld,
  symbol: string,
  candles: readonly Candle[],
  sourceOf: (minute: Minute) => Source,
): Promise<void> {
  const rows = await world.rows(symbol);
  assert.is(rows.length, candles.length);
  rows.forEach((row, i) => {
    const [stored, wanted] = [describe(row, row.source), describe(candles[i]!, sourceOf(candles[i]!.openTime))];
    assert.is(stored, wanted, `${symbol}: ${stored}, expected ${wanted}`);
    assert.ok(row.writtenAt && !row.hasMissingData);
  });
  assertMatchesReference(rows);
  assert.is(rows.filter((row) => row.isComplete).length, candles.length - 400);
}

function assertDone(result: JobResult<unknown>, symbols: readonly string[]): void {
  for (const { failure } of result.outcomes) if (failure) throw failure;
  assert.is(result.exitCode, EXIT_CODES.done);
  assert.equal(
    result.outcomes.map(({ symbol }) => symbol),
    symbols,
  );
}

/** Two candles have the same text only if their numbers are equal, bit for bit. */
function describe({ openTime, open, high, low, close, volume }: ChartRow | Candle, source: Source): string {
  return `${new Date(openTime).toISOString()} ${open} ${high} ${low} ${close} ${volume} ${source}`;
}

/** A hash of all columns of all rows. */
async function digestTable({ store }: JobWorld): Promise<string> {
  const { rows } = await store.knex.raw<{ rows: { digest: string }[] }>(
    `SELECT md5(string_agg(r::text, ' ' ORDER BY symbol, timestamp)) AS digest FROM rolling_chart_data r`,
  );
  return rows[0]!.digest;
}

function upTo(candles: readonly Candle[], end: Minute): Candle[] {
  return candles.filter((candle) => candle.openTime < end);
}

function moveTo(world: JobWorld, now: Minute): void {
  world.now = now;
  world.exchange.clock.set(now + 5_000);
}

/** `count` different indices below `length`, in random order, the same in every run. */
function scatter(length: number, count: number): number[] {
  const places = new Set<number>();
  for (let state = 20_250_610; places.size < count;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    places.add(Math.floor((state / 2 ** 32) * length));
  }
  return [...places];
}

function readClean(symbol: string): Candle[] {
  return readFixtureCandles(`clean/${symbol}-1m-2025-05-20_2025-06-10.csv.br`);
}
