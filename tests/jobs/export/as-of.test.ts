import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { DAY_MS, floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { inSnapshot } from '../../../src/database/snapshot.js';
import { INDICATOR_COLUMNS, COLUMN_DEFINITIONS } from '../../../src/indicators/indicators.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { loadTrainingRows } from '../../../src/jobs/api/training-rows.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { UNKNOWN_REASON } from '../../../src/jobs/export/past-set.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { undo } from '../../../src/jobs/undo.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { rowAt } from '../../../src/rows/row-block.js';
import { pruneJobs } from '../../../src/tables/prune-jobs.js';
import { type AsOf, findInstant, findReach } from '../../../src/tables/past/instant.js';
import { streamPastRows } from '../../../src/tables/past/past-rows.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { ALL_TIME, jobGroup, type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { fault } from '../../loopback/faults.js';
import { testKnownWithin } from './known-within.js';

/** The minutes before now on which the faults fall. */
const AREA = 150;
const SEED = 20_261_201;
const RUNS = Number(process.env.CHARTCTL_PROPERTY_RUNS ?? 2);

const KINDS = [
  ...[
    'ingest',
    'backfill',
    'fillGaps',
    'replaceFallback',
    'clean',
    'repair',
    'accept',
    'keep',
    'verifyFlag',
    'verifyRepair',
  ],
  ...['undo', 'hide', 'reveal', 'revise', 'fail', 'pass', 'pass'],
] as const;
const steps = fc.array(fc.record({ kind: fc.constantFrom(...KINDS), minutes: fc.integer({ min: 2, max: AREA }) }), {
  minLength: 6,
  maxLength: 16,
});

async function perform(world: JobWorld, symbol: string, kind: string, minutes: number, jobs: number[]) {
  const symbols = [symbol];
  const minute = world.now - minutes * MINUTE_MS;
  const past = { symbols, minutes: AREA };
  switch (kind) {
    case 'hide':
      return world.exchange.hide(symbol, { from: minute, to: minute + 3 * MINUTE_MS });
    case 'reveal':
      return world.exchange.reveal();
    case 'revise':
      return world.binance.put(symbol, [reviseCandle(world.binance.get(symbol, minute)!)]);
    case 'fail':
      return world.exchange.faults.next(fault.serverError(), { exchange: 'binance', path: 'klines' });
    case 'pass':
      return world.advanceMinutes(minutes % 5);
    case 'ingest':
      return ingest(world.context, { symbols });
    case 'clean':
      return clean(world.context, { symbols, sigma: 1 });
    case 'repair':
      return clean(world.context, { symbols, repair: true });
    case 'accept':
      return clean(world.context, { symbols, accept: { minutes: 'all-open', reason: 'seen' } });
    case 'keep':
      return clean(world.context, { symbols, keepDays: 1 });
    case 'verifyFlag':
      return verify(world.context, { ...past, flag: true });
    case 'verifyRepair':
      return verify(world.context, { ...past, repair: true, revised: true });
    case 'undo': {
      const job = jobs.at(-1);
      return job === undefined ? null : undo(world.context, { job });
    }
    default:
      return backfill(world.context, {
        ...{ symbols, minutes, fillGaps: kind === 'fillGaps', replaceFallback: kind === 'replaceFallback' },
      });
  }
}

/** The rows at an instant by the audit log. */
async function reconstruct(world: JobWorld, symbol: string, job: number): Promise<ChartRow[]> {
  return inSnapshot(world.store.knex, async (trx) => {
    const instant = await findInstant(trx, { job }, [symbol]);
    const rows: ChartRow[] = [];
    for await (const past of streamPastRows(trx, symbol, ALL_TIME, instant.cutOf(symbol))) {
      for (let at = 0; at < past.rows.length; at += 1) {
        assert.not(past.isUnknown(at));
        rows.push(rowAt(past.rows, at));
      }
    }
    return rows;
  });
}

function assertSameRows(found: readonly ChartRow[], wanted: readonly ChartRow[], what: string): void {
  const withoutIndicators = (rows: readonly ChartRow[]) => rows.map((row) => ({ ...row, indicators: null }));
  assert.equal(withoutIndicators(found), withoutIndicators(wanted), what);
  for (const [i, { indicators, openTime, close }] of found.entries()) {
    for (const column of INDICATOR_COLUMNS) {
      const [a, b] = [indicators[column], wanted[i]!.indicators[column]];
      const { absolute = 0, ofClose = 0, ofValue = 0 } = COLUMN_DEFINITIONS[column].tolerance;
      const limit = 10 * (absolute + ofClose * close! + ofValue * Math.abs(b ?? 0)); // of DESIGN
      const isClose = a === b || Math.abs(a! - b!) <= limit;
      assert.ok(isClose, `${what}: ${column} of ${new Date(openTime).toISOString()}: ${a} and ${b}`);
    }
  }
}

jobGroup('the training set of the past', (test) => {
  testKnownWithin(test);

  test(
    'after random histories every earlier state of the table is found again, and every file written on the way',
    async (world) => {
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-as-of-'));
      let changed = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const symbol = world.listSymbol(2200);
          world.bybit.put(symbol, world.binance.candles(symbol, world.binance.extent(symbol)));
          world.exchange.reveal();
          await ingest(world.context, { symbols: [symbol] });
          const states: {
            job: number;
            rows: ChartRow[];
            sha256: string;
            out: string;
            range: typeof ALL_TIME;
            step: string;
          }[] = [];
          const jobs: number[] = [];
          for (const { kind, minutes } of sequence) {
            const result = await perform(world, symbol, kind, minutes, jobs);
            if (result && result.jobId !== null) jobs.push(result.jobId);
            const range = { from: world.now - 900 * MINUTE_MS, to: world.now };
            const out = join(folder, `${symbol}-${states.length}.csv`);
            const written = await exportTrainingSet(world.context, { symbols: [symbol], out, format: 'csv', range });
            const step = `${kind} ${minutes} of ${JSON.stringify(sequence)}`;
            states.push({
              job: written.jobId!,
              rows: await world.rows(symbol),
              sha256: written.file!.sha256,
              out,
              range,
              step,
            });
          }
          for (const { job, rows, sha256, range, step } of states) {
            assertSameRows(await reconstruct(world, symbol, job), rows, step);
            const again = await exportTrainingSet(world.context, {
              ...{ symbols: [symbol], out: join(folder, 'again.csv'), format: 'csv', range, asOf: { job } },
            });
            assert.is(again.file!.sha256, sha256, `the file after ${step}`);
            if (again.file!.sha256 !== states.at(-1)!.sha256) changed += 1;
          }
        }),
        { numRuns: RUNS, seed: SEED, includeErrorInReport: true, endOnFailure: true },
      );
      rmSync(folder, { recursive: true });
      assert.ok(changed > RUNS, `only ${changed} files differed from the last one`);
    },
    { timeoutMs: 240_000 },
  );

  test('a training set of the past has the rows, sources and flags of then, and its manifest says so', async (world) => {
    const symbol = world.listSymbol(1100);
    const symbols = [symbol];
    const range = { from: world.now - 600 * MINUTE_MS, to: world.now };
    const [wrong, flagged] = [world.now - 30 * MINUTE_MS, world.now - 20 * MINUTE_MS];
    const right = world.binance.get(symbol, wrong)!;
    world.binance.put(symbol, [reviseCandle(right)]);
    await backfill(world.context, { symbols, minutes: 1000 });
    const at = Date.now() + 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    world.binance.put(symbol, [right]);
    await verify(world.context, { symbols, minutes: 100, repair: true, revised: true });
    await world.store.knex.raw(
      'UPDATE rolling_chart_data SET hasMissingData = true WHERE symbol = ? AND timestamp = ?',
      [symbol, new Date(flagged)],
    );
    const read = async (asOf?: Date) => {
      const options = { store: world.store, exchange: world.context.market, asOf };
      return loadTrainingRows(symbol, range, options);
    };
    const [then, now] = [await read(new Date(at)), await read()];
    const closeAt = (rows: typeof now, minute: number) => rows.find(({ timestamp }) => timestamp === minute)?.close;
    const isNear = (a: number | undefined, b: number) => Math.abs(a! - b) < 1e-6; // the exchange rounds prices
    assert.ok(isNear(closeAt(then, wrong), reviseCandle(right).close));
    assert.ok(isNear(closeAt(now, wrong), right.close));
    assert.is(closeAt(then, flagged), undefined, 'a flag that other SQL set has no time: it counts for every instant');

    const out = join(mkdtempSync(join(tmpdir(), 'chartctl-as-of-')), 'set.jsonl.gz');
    const { outcomes } = await exportTrainingSet(world.context, {
      ...{ symbols, out, format: 'jsonl', isGzipped: true, range, asOf: { time: at } },
    });
    assert.equal(
      outcomes[0]!.summary!.excluded.map(({ from, reason }) => [from, reason]),
      [[flagged, 'flagged: hasMissingData was set outside chartctl']],
    );
    const manifest = JSON.parse(readFileSync(`${out}.datapackage.json`, 'utf8')) as { chartctl: object };
    assert.equal((manifest.chartctl as { asOf: unknown }).asOf, { time: new Date(at).toISOString(), job: null });
    rmSync(dirname(out), { recursive: true });
  });

  test('rows that other SQL wrote later are left out of the past, and the reason says so', async (world) => {
    const symbol = world.listSymbol(1100);
    await backfill(world.context, { symbols: [symbol], minutes: 1000 });
    const at = Date.now() + 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const minute = world.now - 10 * MINUTE_MS;
    await world.store.knex.raw(
      'UPDATE rolling_chart_data SET close = close, written_at = clock_timestamp() WHERE symbol = ? AND timestamp = ?',
      [symbol, new Date(minute)],
    );
    const { outcomes } = await exportTrainingSet(world.context, {
      ...{ symbols: [symbol], out: new PassThrough().resume(), format: 'csv', asOf: { time: at } },
      range: { from: world.now - 600 * MINUTE_MS, to: world.now },
    });
    const { rows, excluded } = outcomes[0]!.summary!;
    assert.is(rows, 599);
    assert.equal(excluded, [{ from: minute, to: minute + MINUTE_MS, minutes: 1, reason: UNKNOWN_REASON }]);
  });

  test('the window is counted back from the instant', async (world) => {
    const symbol = world.listSymbol(60);
    const now = Date.now();
    const closed = floorMinute(now);
    world.binance.put(symbol, generateCandles(symbol, { from: closed - 1100 * MINUTE_MS, to: closed }));
    world.exchange.clock.set(now);
    await backfill(world.context, { symbols: [symbol], minutes: 1090 });
    world.exchange.clock.set(now + 3_600_000);
    const { outcomes } = await exportTrainingSet(world.context, {
      ...{ symbols: [symbol], out: new PassThrough().resume(), format: 'csv', window: 100, asOf: { time: Date.now() } },
    });
    const { range, rows } = outcomes[0]!.summary!;
    assert.is(Math.abs(range.to - closed) <= MINUTE_MS, true);
    assert.is(range.to - range.from, 100 * MINUTE_MS);
    assert.ok(rows >= 99);
  });

  test('an instant that the audit log does not reach is refused with the time from which on it reaches', async (world) => {
    const symbol = world.listSymbol(1100);
    const symbols = [symbol];
    await backfill(world.context, { symbols, minutes: 1000 });
    const options = { symbols, out: 'never.csv', format: 'csv' } as const;
    const refuse = (asOf: AsOf) => expectFailure(exportTrainingSet(world.context, { ...options, asOf }));
    const early = await refuse({ time: Date.parse('2020-01-01T00:00:00Z') });
    assert.equal([early.kind, early.code], ['usage', 'BEFORE_AUDIT']);
    assert.match(
      early.message,
      new RegExp(`^the audit log of ${symbol} reaches back to 20\\d\\d-.*, not to 2020-01-01T00:00:00`),
    );
    assert.match((await refuse({ time: Date.now() + 3_600_000 })).message, /is in the future$/);
    assert.match((await refuse({ job: 999_999 })).message, /^there is no job 999999$/);

    const [, before] = [await world.asOwner((owner) => clean(owner, { symbols, keepHistoryDays: 1 })), Date.now()];
    const reach = (await findReach(world.store.knex, symbols)).get(symbol)!;
    assert.ok(Math.abs(reach.from - (before - DAY_MS)) < 60_000 || reach.from > before - DAY_MS);
    assert.match(reach.why, /--keep-history 1|first migrate/);
  });

  test('the record of a clean that removed entries of the log stays until a later one covers its symbols', async (world) => {
    const add = async (symbols: string, days: number, finished: string) => {
      const { rows } = await world.store.knex.raw<{ rows: { id: string }[] }>(
        `INSERT INTO chartctl_jobs (command, arguments, symbols, started_at, finished_at, outcome)
         VALUES ('clean', jsonb_build_object('keepHistoryDays', ?::int), ?::text[], ?, ?, 'done') RETURNING id`,
        [days, symbols, finished, finished],
      );
      return Number(rows[0]!.id);
    };
    const covered = await add('{X1}', 10, '2025-01-01Z');
    const alone = await add('{X2}', 10, '2025-01-01Z');
    const shorter = await add('{X3}', 10, '2025-03-01Z');
    await add('{X1,X3}', 30, '2025-03-15Z'); // reaches back to February, before the end of the job of X3
    const newest = await add('{X9}', 30, '2025-06-01Z');
    await world.asOwner(({ store }) => pruneJobs(store.knex, new Date('2025-05-01Z')));
    const { rows } = await world.store.knex.raw<{ rows: { id: string }[] }>(
      'SELECT id FROM chartctl_jobs WHERE id >= ? AND id <= ? ORDER BY id',
      [covered, newest],
    );
    assert.equal(
      rows.map(({ id }) => Number(id)),
      [alone, shorter, newest - 1, newest],
    );
    const reach = await findReach(world.store.knex, ['X2', 'X3']);
    assert.is(
      reach.get('X3')!.why.startsWith('chartctl keeps it'),
      true,
      'the first migrate is later in this database',
    );
  });
});
