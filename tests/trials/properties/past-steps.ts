import fc from 'fast-check';
import { Failure } from '../../../src/core/failure.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import type { JobResult } from '../../../src/jobs/job.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { undo } from '../../../src/jobs/undo.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import { type JobWorld, reviseCandle } from '../../harness/job-world.js';
import { fault } from '../../loopback/faults.js';

/** The minutes before now on which the changes fall. */
export const AREA = 150;

/** What a step does: a change at the exchange, a job, or a stretch of time. */
const KINDS = [
  ...['hide', 'reveal', 'revise', 'fail', 'pass', 'pass', 'days'],
  ...['ingest', 'backfill', 'fillGaps', 'replaceFallback', 'verifyFlag', 'verifyRepair', 'rebuild', 'undo', 'undo'],
  ...['clean', 'repair', 'accept', 'keep', 'keepHistory'],
] as const;

export interface PastStep {
  kind: (typeof KINDS)[number];
  /** The age of the changed minute, or how much is filled. */
  minutes: number;
}

const step: fc.Arbitrary<PastStep> = fc.record({
  kind: fc.constantFrom(...KINDS),
  minutes: fc.integer({ min: 2, max: AREA }),
});

export const PAST_STEPS = fc.array(step, { minLength: 6, maxLength: 16 });

/** What a command line of its own does with a symbol, before it is killed: each writes. */
export const KILLED_LINES = [
  ['backfill', '--minutes', String(AREA + 50)],
  ['clean', '--sigma', '1'],
  ['clean', '--repair'],
  ['ingest'],
] as const;

/**
 * Does a step other than `days`. A job may fail, for an undone or pruned job has nothing to undo.
 *
 * @param jobs the jobs so far; the last one is undone
 * @returns the job, if there was one
 */
export async function perform(
  world: JobWorld,
  symbol: string,
  { kind, minutes }: PastStep,
  jobs: readonly number[],
): Promise<number | null> {
  const minute = world.now - minutes * MINUTE_MS;
  if (kind === 'hide') world.exchange.hide(symbol, { from: minute, to: minute + 3 * MINUTE_MS });
  else if (kind === 'reveal') world.exchange.reveal();
  else if (kind === 'revise') world.binance.put(symbol, [reviseCandle(world.binance.get(symbol, minute)!)]);
  else if (kind === 'fail') world.exchange.faults.next(fault.serverError(), { exchange: 'binance', path: 'klines' });
  else if (kind === 'pass') world.advanceMinutes(minutes % 5);
  else return runJob(world, symbol, { kind, minutes }, jobs);
  return null;
}

async function runJob(world: JobWorld, symbol: string, step: PastStep, jobs: readonly number[]) {
  try {
    return (await startJob(world, symbol, step, jobs.at(-1)))?.jobId ?? null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

function startJob(world: JobWorld, symbol: string, { kind, minutes }: PastStep, last: number | undefined) {
  const { context } = world;
  const symbols = [symbol];
  const past = { symbols, minutes: AREA };
  const started: Partial<Record<PastStep['kind'], () => Promise<JobResult<unknown>> | null>> = {
    ingest: () => ingest(context, { symbols }),
    rebuild: () => rebuild(context, { symbols }),
    clean: () => clean(context, { symbols, sigma: 1 }),
    repair: () => clean(context, { symbols, repair: true }),
    accept: () => clean(context, { symbols, accept: { minutes: 'all-open', reason: 'seen' } }),
    keep: () => clean(context, { symbols, keepDays: 1 }),
    keepHistory: () => world.asOwner((owner) => clean(owner, { symbols, keepHistoryDays: 1 })),
    verifyFlag: () => verify(context, { ...past, flag: true }),
    verifyRepair: () => verify(context, { ...past, repair: true, revised: true }),
    undo: () => (last === undefined ? null : undo(context, { job: last })),
    backfill: () => backfill(context, { symbols, minutes }),
    fillGaps: () => backfill(context, { symbols, minutes, fillGaps: true }),
    replaceFallback: () => backfill(context, { symbols, minutes, replaceFallback: true }),
  };
  return started[kind]?.() ?? null;
}
