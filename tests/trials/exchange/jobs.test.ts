import { EXIT_CODES, Failure } from '../../../src/core/failure.js';
import { floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { type MinuteRange, subtractRanges, toRanges } from '../../../src/core/range.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import type { JobContext, JobResult } from '../../../src/jobs/job.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { createRandom, type Random } from '../../harness/random.js';
import { assertMatchesReference } from '../../harness/reference.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { ALL_FAULT_KINDS, createRandomFaults, FAULT_WEIGHTS, type RandomFaults } from '../../loopback/random-faults.js';
import { type FaultWorld, MAX_WAIT_MS, openFaultWorld, SYMBOLS } from './fault-world.js';

const ROUNDS = effort(1, 30);
const JOBS_A_ROUND = 8;
const MINUTES = 700;
const LOST_MINUTES = 20;
const ALLOWED_EXIT_CODES: readonly number[] = [EXIT_CODES.done, EXIT_CODES.incomplete, EXIT_CODES.temporary];
/** The clock, and for each symbol a few requests with their budget, a last retry, and the waits for rate limits. */
const MAX_JOB_MS = 3_000 + SYMBOLS.length * 4 * (9_000 + 10_000 + MAX_WAIT_MS);

const symbols = SYMBOLS;
const JOBS: Readonly<Record<string, (context: JobContext) => Promise<JobResult<unknown>>>> = {
  ingest: (context) => ingest(context, { symbols }),
  backfill: (context) => backfill(context, { symbols, minutes: MINUTES }),
  'backfill --fill-gaps': (context) => backfill(context, { symbols, minutes: MINUTES, fillGaps: true }),
  'clean --repair': (context) => clean(context, { symbols, repair: true }),
  verify: (context) => verify(context, { symbols, minutes: MINUTES }),
  'verify --repair': (context) => verify(context, { symbols, minutes: MINUTES, repair: true, replaceFallback: true }),
};

for (const backend of databases()) {
  group<FaultWorld>(
    `jobs with random faults on ${backend.name}`,
    (test) => {
      test(
        'no wrong row is stored, every job ends in bounded time, and the next one without faults completes the data',
        async (world) => {
          const random = createRandom(RUN_SEED, `jobs on ${backend.name}`);
          const randomFaults = createRandomFaults({
            seed: RUN_SEED,
            chance: 0.5,
            kinds: ALL_FAULT_KINDS,
            weights: FAULT_WEIGHTS,
          });
          const losses: string[] = [];
          for (let round = 0; round < ROUNDS; round += 1) {
            const lost = { symbol: random.pick(SYMBOLS), range: pickRange(random, LOST_MINUTES) };
            world.exchange.hide(lost.symbol, lost.range);
            losses.push(...(await runJobs(world, randomFaults, random, lost.symbol)));
            losses.push(...(await recover(world, lost)).map((loss) => `after round ${round}: ${loss}`));
            world.exchange.reveal();
            await world.store.knex('chartctl_gaps').delete();
          }
          concludeTrial({
            fault: `random faults during ingest, backfill, clean and verify, ${backend.name}`,
            tried: randomFaults.answers,
            unit: 'answers',
            losses,
            seed: RUN_SEED,
          });
        },
        { timeoutMs: effort(240_000, 7_200_000) },
      );
    },
    { setup: () => openFaultWorld(backend), teardown: (world) => world.close() },
  );
}

/** Runs jobs with random faults; between them rows are removed and flagged. */
async function runJobs(
  world: FaultWorld,
  randomFaults: RandomFaults,
  random: Random,
  spared: string,
): Promise<string[]> {
  const losses: string[] = [];
  for (let i = 0; i < JOBS_A_ROUND; i += 1) {
    await endThrottle(world);
    world.exchange.faults.schedule(randomFaults.schedule);
    const name = random.pick(Object.keys(JOBS));
    const loss = await checkJob(name, () => JOBS[name]!(world.context()));
    world.exchange.faults.clear();
    losses.push(...loss, ...(await world.findWrongRows()).map((wrong) => `${name}: ${wrong}`));
    await damage(world, random, spared);
  }
  return losses;
}

async function checkJob(name: string, run: () => Promise<JobResult<unknown>>): Promise<string[]> {
  const began = performance.now();
  let end: string | undefined;
  try {
    const { exitCode, outcomes } = await run();
    const messages = outcomes.map(({ failure }) => failure?.message ?? '').join('; ');
    if (!ALLOWED_EXIT_CODES.includes(exitCode)) end = `${name} ended with ${exitCode}: ${messages}`;
  } catch (error) {
    const isForeseen = error instanceof Failure && error.kind === 'temporary';
    if (!isForeseen) end = `${name} threw ${String((error as Error).stack)}`;
  }
  const tookMs = performance.now() - began;
  const late = tookMs > MAX_JOB_MS ? [`${name} took ${Math.round(tookMs)} ms`] : [];
  return end ? [...late, end] : late;
}

/**
 * Removes some rows and flags others by SQL.
 *
 * @param spared the symbol of which Binance has lost minutes: removed rows could not be restored
 */
async function damage({ store, exchange }: FaultWorld, random: Random, spared: string): Promise<void> {
  const symbol = random.pick(SYMBOLS.filter((name) => name !== spared));
  const now = floorMinute(exchange.clock.now());
  const rows = (minutes: number) => {
    const from = now - (minutes + random.integerBelow(MINUTES - minutes)) * MINUTE_MS;
    const [first, end] = [from, from + minutes * MINUTE_MS].map((time) => new Date(time));
    return store
      .knex('rolling_chart_data')
      .where({ symbol })
      .where('timestamp', '>=', first!)
      .where('timestamp', '<', end!);
  };
  await rows(1 + random.integerBelow(40)).delete();
  await rows(1 + random.integerBelow(5)).update({ hasmissingdata: true });
}

/** Without faults and rate limits one backfill must complete the data. */
async function recover(world: FaultWorld, lost: { symbol: string; range: MinuteRange }): Promise<string[]> {
  await endThrottle(world);
  const to = floorMinute(world.exchange.clock.now());
  const range = { from: to - MINUTES * MINUTE_MS, to };
  const result = await backfill(world.context(), { symbols, range, replaceFallback: true });
  await clean(world.context(), { symbols, repair: true });
  const losses = result.exitCode === EXIT_CODES.done ? [] : [`the backfill ended with ${result.exitCode}`];
  losses.push(...(await world.findWrongRows()));
  for (const symbol of SYMBOLS) {
    const rows = await world.rows(symbol);
    assertMatchesReference(rows);
    const there = toRanges(rows.map(({ openTime }) => openTime));
    const absent = lost.symbol === symbol ? [lost.range] : [];
    const missing = subtractRanges(subtractRanges([range], there), absent);
    const flagged = rows.filter((row) => row.hasMissingData);
    if (missing.length > 0) losses.push(`${symbol} lacks ${JSON.stringify(missing)}`);
    if (flagged.length > 0) losses.push(`${symbol} has ${flagged.length} flagged rows`);
  }
  return losses;
}

/** Ends the remembered waits. */
async function endThrottle({ store }: FaultWorld): Promise<void> {
  await store.knex('chartctl_throttle').delete();
}

/** A range of the last hours that ended long ago. */
function pickRange(random: Random, minutes: number): MinuteRange {
  const from = floorMinute(Date.now()) - (30 + minutes + random.integerBelow(300)) * MINUTE_MS;
  return { from, to: from + minutes * MINUTE_MS };
}
