import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { inSnapshot } from '../../../src/database/snapshot.js';
import { INDICATOR_COLUMNS, COLUMN_DEFINITIONS } from '../../../src/indicators/indicators.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { undo } from '../../../src/jobs/undo.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { rowAt } from '../../../src/rows/row-block.js';
import { findInstant } from '../../../src/tables/past/instant.js';
import { streamPastRows } from '../../../src/tables/past/past-rows.js';
import { ALL_TIME, jobGroup, type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { fault } from '../../loopback/faults.js';

/** The minutes before now on which the faults fall. */
const AREA = 150;
const SEED = 20_261_201;
const RUNS = Number(process.env.CHARTCTL_PROPERTY_RUNS ?? 4);

const KINDS = [
  ...['ingest', 'backfill', 'fillGaps', 'replaceFallback', 'clean', 'repair', 'accept', 'keep', 'verifyFlag', 'verifyRepair'],
  ...['undo', 'hide', 'reveal', 'revise', 'fail', 'pass', 'pass'],
] as const;
const steps = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), minutes: fc.integer({ min: 2, max: AREA }) }),
  { minLength: 6, maxLength: 16 },
);

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
  assert.equal(
    found.map(({ indicators: _, ...row }) => row),
    wanted.map(({ indicators: _, ...row }) => row),
    what,
  );
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
  test(
    'after random histories every earlier state of the table is found again, and every file written on the way',
    async (world) => {
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-as-of-'));
      let [files, identical] = [0, 0];
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const symbol = world.listSymbol(2200);
          world.bybit.put(symbol, world.binance.candles(symbol, world.binance.extent(symbol)));
          world.exchange.reveal();
          await ingest(world.context, { symbols: [symbol] });
          const states: { job: number; rows: ChartRow[]; sha256: string; out: string; range: typeof ALL_TIME; step: string }[] =
            [];
          const jobs: number[] = [];
          for (const { kind, minutes } of sequence) {
            const result = await perform(world, symbol, kind, minutes, jobs);
            if (result && result.jobId !== null) jobs.push(result.jobId);
            const range = { from: world.now - 900 * MINUTE_MS, to: world.now };
            const out = join(folder, `${symbol}-${states.length}.csv`);
            const written = await exportTrainingSet(world.context, { symbols: [symbol], out, format: 'csv', range });
            const step = `${kind} ${minutes} of ${JSON.stringify(sequence)}`;
            states.push({ job: written.jobId!, rows: await world.rows(symbol), sha256: written.file!.sha256, out, range, step });
          }
          for (const { job, rows, sha256, range, step } of states) {
            assertSameRows(await reconstruct(world, symbol, job), rows, step);
            const again = await exportTrainingSet(world.context, {
              ...{ symbols: [symbol], out: join(folder, 'again.csv'), format: 'csv', range, asOf: { job } },
            });
            files += 1;
            if (again.file!.sha256 === sha256) identical += 1;
          }
        }),
        { numRuns: RUNS, seed: SEED, includeErrorInReport: true, endOnFailure: true },
      );
      rmSync(folder, { recursive: true });
      console.log(files, identical);
    },
    { timeoutMs: 240_000 },
  );
});
