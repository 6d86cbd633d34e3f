import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import * as assert from 'uvu/assert';
import { DAY_MS, floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { loadTrainingRows } from '../../../src/jobs/api/training-rows.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { UNKNOWN_REASON } from '../../../src/jobs/export/past-set.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import { pruneJobs } from '../../../src/tables/prune-jobs.js';
import { type AsOf, findReach } from '../../../src/tables/past/instant.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { jobGroup, reviseCandle } from '../../harness/job-world.js';
import { testKnownWithin } from './known-within.js';

jobGroup('the training set of the past', (test) => {
  testKnownWithin(test);

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
