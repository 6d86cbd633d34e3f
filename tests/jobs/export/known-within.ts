import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { floorMinute, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { exportTrainingSet } from '../../../src/jobs/api/export-training-set.js';
import { loadTrainingRows } from '../../../src/jobs/api/training-rows.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { UNKNOWN_FIRST_REASON } from '../../../src/tables/past/known-rows.js';
import type { GroupTest } from '../../harness/group.js';
import { expectFailure } from '../../harness/expect-failure.js';
import { type JobWorld, reviseCandle } from '../../harness/job-world.js';

/** Minutes that are backfilled, and the limit within which those of the last ten hours were stored. */
const [STORED, LIMIT_MINUTES] = [1_090, 600];

/** Stores candles up to the present by the database's clock, one of them wrong, and repairs that. */
async function storeWrongCandle(world: JobWorld) {
  const symbol = world.listSymbol(60);
  const now = Date.now();
  const closed = floorMinute(now);
  const candles = generateCandles(symbol, { from: closed - (STORED + 20) * MINUTE_MS, to: closed });
  world.exchange.clock.set(now);
  world.binance.put(symbol, candles);
  const wrong = closed - 30 * MINUTE_MS;
  const right = world.binance.get(symbol, wrong)!;
  world.binance.put(symbol, [reviseCandle(right)]);
  await backfill(world.context, { symbols: [symbol], minutes: STORED });
  const { jobId } = await clean(world.context, { symbols: [symbol], rules: [] });
  world.binance.put(symbol, [right]);
  await verify(world.context, { symbols: [symbol], minutes: 100, repair: true, revised: true });
  return { symbol, closed, wrong, right, jobBefore: jobId! };
}

/** Tests of first versions; they share the databases of another group. */
export function testKnownWithin(test: GroupTest<JobWorld>): void {
  test('of each row the version that was stored first is read, with the indicators of these candles', async (world) => {
    const { symbol, closed, wrong, right, jobBefore } = await storeWrongCandle(world);
    const range = { from: closed - 600 * MINUTE_MS, to: closed };
    const read = (versions: object) =>
      loadTrainingRows(symbol, range, { store: world.store, exchange: world.context.market, ...versions });
    const [first, before, now] = [
      await read({ knownWithin: '1d' }),
      await read({ asOf: { job: jobBefore } }),
      await read({}),
    ];
    assert.ok(first.length > 590);
    assert.equal(first, before);
    const closeAt = (rows: typeof now) => rows.find(({ timestamp }) => timestamp === wrong)?.close;
    assert.ok(Math.abs(closeAt(first)! - reviseCandle(right).close) < 1e-6, 'the exchange rounds prices');
    assert.not.equal(closeAt(now), closeAt(first));
    assert.equal(await read({ knownWithin: '1d', asOf: { job: jobBefore } }), first, 'first versions do not change');
  });

  test('rows whose first version came later are left out, and the manifest counts those that differ', async (world) => {
    const { symbol, closed, wrong } = await storeWrongCandle(world);
    const range = { from: closed - 700 * MINUTE_MS, to: closed };
    const { rows: inserts } = await world.store.knex.raw<{ rows: { late: string }[] }>(
      `SELECT count(*) AS late FROM generate_series(?::timestamptz, ?::timestamptz - interval '1 minute', interval '1 minute') m
       WHERE NOT EXISTS (SELECT 1 FROM chartctl_inserts WHERE symbol = ? AND from_time <= m AND to_time > m
         AND inserted_at <= m + make_interval(mins => ?::int + 1))`,
      [new Date(range.from), new Date(range.to), symbol, LIMIT_MINUTES],
    );
    const late = Number(inserts[0]!.late);
    assert.ok(late >= 98 && late <= 101, `${late}`);
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-known-'));
    const out = join(folder, 'first.jsonl');
    const opened = { store: world.store, exchange: world.context.market };
    const { symbols } = await exportTrainingSet(symbol, { ...opened, out, range, knownWithin: `${LIMIT_MINUTES}m` });
    const [{ rows, excluded, known }] = symbols as [(typeof symbols)[0]];
    assert.equal(known, { replaced: 1, removed: 0, late, unknown: 0 });
    const firstKnown: Minute = range.from + late * MINUTE_MS;
    const warm = firstKnown + 400 * MINUTE_MS;
    assert.equal(
      excluded.map(({ from, to, reason }) => [from, to, reason]),
      [
        [range.from, firstKnown, 'first stored later than 10 h after its minute had closed'],
        [firstKnown, warm, 'indicators incomplete'],
      ],
    );
    assert.is(rows, 700 - late - 400);
    const lines = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { timestamp: string });
    assert.is(lines.length, rows);
    assert.is(Date.parse(lines[0]!.timestamp), warm);
    assert.ok(lines.some(({ timestamp }) => Date.parse(timestamp) === wrong));
    const manifest = JSON.parse(readFileSync(`${out}.datapackage.json`, 'utf8')) as {
      chartctl: Record<string, unknown>;
    };
    assert.equal(manifest.chartctl.knownWithin, { seconds: 36_000, differing: 1 + late });
    rmSync(folder, { recursive: true });
  });

  test('rows of other programs, of which no time is known, are left out', async (world) => {
    const { symbol, closed } = await storeWrongCandle(world);
    await world.store.knex.raw('UPDATE rolling_chart_data SET written_at = NULL WHERE symbol = ? AND timestamp = ?', [
      symbol,
      new Date(closed - 5 * MINUTE_MS),
    ]);
    await world.asOwner(({ store }) => store.knex('chartctl_inserts').where({ symbol }).delete());
    const opened = { store: world.store, exchange: world.context.market };
    const out = join(mkdtempSync(join(tmpdir(), 'chartctl-known-')), 'first.csv');
    const range = { from: closed - 20 * MINUTE_MS, to: closed };
    const { symbols } = await exportTrainingSet(symbol, { ...opened, out, range, knownWithin: 86_400_000 });
    assert.equal(symbols[0]!.known, { replaced: 0, removed: 0, late: 0, unknown: 1 });
    assert.equal(
      symbols[0]!.excluded.map(({ reason }) => reason),
      [UNKNOWN_FIRST_REASON, 'indicators incomplete'],
    );
    rmSync(join(out, '..'), { recursive: true });
  });

  test('a duration that is none is refused', async (world) => {
    const opened = { store: world.store, exchange: world.context.market };
    const refused = (knownWithin: string | number) =>
      expectFailure(loadTrainingRows('XUSDT', undefined, { ...opened, knownWithin }));
    assert.match((await refused('2')).message, /^duration "2" was not understood$/);
    assert.match((await refused(-1)).message, /^knownWithin was -1$/);
  });
}
