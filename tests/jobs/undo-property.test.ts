import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type Minute, MINUTE_MS } from '../../src/core/minute.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { undo } from '../../src/jobs/undo.js';
import { verify } from '../../src/jobs/verify/verify.js';
import { toTransitions } from '../../src/quality/audit-trail.js';
import { inSnapshot } from '../../src/database/snapshot.js';
import { findRowEvents, findRowImages, type RowEvent, type RowImage } from '../../src/tables/history.js';
import { jobGroup, type JobWorld, reviseCandle } from '../harness/job-world.js';
import { assertMatchesReference } from '../harness/reference.js';
import { fault } from '../loopback/faults.js';

/** The minutes before now on which the faults fall. */
const AREA = 150;
const SEED = 20_230_324;

/** A change of the exchange's data or, outside chartctl, of the table. */
type Fault = {
  kind: 'hide' | 'reveal' | 'revise' | 'flag' | 'invalidate' | 'delete' | 'move' | 'duplicate' | 'fail';
  age: number;
};
/** A job to run. */
type Action = {
  kind: 'ingest' | 'backfill' | 'fillGaps' | 'clean' | 'repair' | 'verifyFlag' | 'verifyRepair' | 'pass';
  minutes: number;
};
type Step = { fault: Fault } | { action: Action };

const faults = fc.record({
  kind: fc.constantFrom<Fault['kind'][]>(
    'hide',
    'reveal',
    'revise',
    'flag',
    'invalidate',
    'delete',
    'move',
    'duplicate',
    'fail',
  ),
  age: fc.integer({ min: 2, max: AREA }),
});
const action = fc.record({
  kind: fc.constantFrom<Action['kind'][]>(
    'ingest',
    'backfill',
    'fillGaps',
    'clean',
    'repair',
    'verifyFlag',
    'verifyRepair',
    'pass',
  ),
  minutes: fc.integer({ min: 1, max: AREA }),
});
const steps = fc.array(
  fc.oneof(
    faults.map((value) => ({ fault: value })),
    action.map((value) => ({ action: value })),
  ),
  {
    minLength: 4,
    maxLength: 14,
  },
);

async function applyFault(world: JobWorld, symbol: string, { kind, age }: Fault): Promise<void> {
  const minute = world.now - age * MINUTE_MS;
  const change = (sql: string) =>
    world.store.knex.raw(`${sql} WHERE symbol = ? AND timestamp = ?`, [symbol, new Date(minute)]);
  const candle = world.binance.get(symbol, minute)!;
  if (kind === 'fail') world.exchange.faults.next(fault.serverError(), { exchange: 'binance', path: 'klines' });
  else if (kind === 'hide') world.exchange.hide(symbol, { from: minute, to: minute + 3 * MINUTE_MS });
  else if (kind === 'reveal') world.exchange.reveal();
  else if (kind === 'revise') world.binance.put(symbol, [reviseCandle(candle)]);
  else if (kind === 'flag') await change('UPDATE rolling_chart_data SET hasMissingData = true');
  else if (kind === 'invalidate') await change(`UPDATE rolling_chart_data SET close = 'NaN'`);
  else if (kind === 'delete') await change('DELETE FROM rolling_chart_data');
  else if (kind === 'move') await change(`UPDATE rolling_chart_data SET timestamp = timestamp + interval '7.5 s'`);
  else {
    await change(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, written_at)
       SELECT symbol, timestamp + interval '21.000001 s', open, high, low, close, volume + 1, clock_timestamp() FROM rolling_chart_data`,
    ).catch((error: { code?: string }) => {
      if (error.code !== '23505') throw error; // this minute has its duplicate already
    });
  }
}

async function perform(world: JobWorld, symbol: string, { kind, minutes }: Action): Promise<number | null> {
  const symbols = [symbol];
  if (kind === 'pass') {
    world.advanceMinutes(minutes % 5);
    return null;
  }
  if (kind === 'ingest') return (await ingest(world.context, { symbols })).jobId;
  if (kind === 'clean') return (await clean(world.context, { symbols })).jobId;
  if (kind === 'repair') return (await clean(world.context, { symbols, repair: true })).jobId;
  const past = { symbols, minutes: AREA };
  if (kind === 'verifyFlag') return (await verify(world.context, { ...past, flag: true })).jobId;
  if (kind === 'verifyRepair') return (await verify(world.context, { ...past, repair: true, revised: true })).jobId;
  return (await backfill(world.context, { symbols, minutes, fillGaps: kind === 'fillGaps' })).jobId;
}

/** Every row by its exact timestamp, with its flags; indicators are separate because they are recalculated. */
async function snapshot(
  world: JobWorld,
  symbol: string,
): Promise<Map<string, { row: RowImage; indicators: unknown[] }>> {
  const { rows } = await world.store.knex.raw<{ rows: { time: string; image: RowImage }[] }>(
    `SELECT timestamp::text AS time, to_jsonb(r) AS image FROM rolling_chart_data r WHERE symbol = ? ORDER BY timestamp`,
    [symbol],
  );
  return new Map(
    rows.map(({ time, image }) => {
      const row = { ...image };
      const indicators = INDICATOR_COLUMNS.map((column) => row[column]);
      for (const column of INDICATOR_COLUMNS) delete row[column];
      return [time, { row, indicators }];
    }),
  );
}

/** The same rows byte for byte, indicators within a tolerance far below DESIGN's. */
function assertSameTable(
  found: Awaited<ReturnType<typeof snapshot>>,
  wanted: Awaited<ReturnType<typeof snapshot>>,
  what: string,
): void {
  assert.equal([...found.keys()], [...wanted.keys()], `${what}: the timestamps`);
  for (const [time, { row, indicators }] of found) {
    assert.equal(row, wanted.get(time)!.row, `${what}: ${time}`);
    indicators.forEach((value, i) => {
      const other = wanted.get(time)!.indicators[i];
      const isClose = value === other || Math.abs(Number(value) - Number(other)) <= 1e-6;
      assert.ok(isClose, `${what}: ${INDICATOR_COLUMNS[i]} of ${time}: ${String(value)} and ${String(other)}`);
    });
  }
}

/** The state of a minute after each of its events, from the audit and the present row alone. */
async function statesOf(world: JobWorld, symbol: string, minute: Minute) {
  const range = { from: minute, to: minute + MINUTE_MS };
  const [events, current] = await inSnapshot(world.store.knex, async (trx) => [
    await findRowEvents(trx, symbol, range),
    await findRowImages(trx, symbol, range),
  ]);
  return toTransitions<RowImage, RowEvent>(events, current);
}

jobGroup('undo, over random histories', (test) => {
  test(
    'undoing the last job restores the table, undoing that restores it again, and the audit rebuilds earlier states',
    async (world) => {
      let checked = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (sequence: Step[]) => {
          const symbol = world.listSymbol(1200);
          world.bybit.put(symbol, world.binance.candles(symbol, world.binance.extent(symbol)));
          world.exchange.reveal();
          await ingest(world.context, { symbols: [symbol] });
          for (const step of sequence) {
            if ('fault' in step) {
              await applyFault(world, symbol, step.fault);
              // changes outside chartctl are not in the audit; from here on the table is consistent again
              await rebuild(world.context, { symbols: [symbol] });
              continue;
            }
            const before = await snapshot(world, symbol);
            const jobId = await perform(world, symbol, step.action);
            if (jobId === null) continue;
            const after = await snapshot(world, symbol);
            const what = `${step.action.kind}, job ${jobId}`;
            const undone = await undo(world.context, { job: jobId });
            assert.is(undone.exitCode, 0);
            const restored = await snapshot(world, symbol);
            if (undone.outcomes.length > 0) assertSameTable(restored, before, `undo of ${what}`);
            if (undone.jobId !== null && undone.outcomes.length > 0) {
              await undo(world.context, { job: undone.jobId });
              assertSameTable(await snapshot(world, symbol), after, `undo of the undo of ${what}`);
            }
            checked += 1;
            for (const age of [3, 40, 90]) {
              const minute = world.now - age * MINUTE_MS;
              for (const state of (await statesOf(world, symbol, minute))
                .filter((event) => event.jobId === jobId)
                .slice(0, 1)) {
                const expected = [...before.entries()].find(([time]) => time === state.time)?.[1].row ?? null;
                assert.equal(state.before && withoutIndicators(state.before), expected, `the audit of ${what}`);
              }
            }
          }
          await clean(world.context, { symbols: [symbol] });
          assertMatchesReference(await world.rows(symbol));
        }),
        { numRuns: Number(process.env.CHARTCTL_PROPERTY_RUNS ?? 8), seed: SEED, includeErrorInReport: true },
      );
      assert.ok(checked >= 8, `only ${checked} jobs were undone`);
    },
    { timeoutMs: 240_000 },
  );
});

function withoutIndicators(image: RowImage): RowImage {
  const row = { ...image };
  for (const column of INDICATOR_COLUMNS) delete row[column];
  return row;
}
