import { setTimeout as sleep } from 'node:timers/promises';
import { hasSameNumbers } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import type { Store } from '../../../src/database/store.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { undo } from '../../../src/jobs/undo.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { jobGroup, type JobWorld } from '../../harness/job-world.js';
import { assertMatchesReference } from '../../harness/reference.js';
import { concludeTrial, effort } from '../../harness/trial.js';
import { revise } from './shared-market.js';

const ROUNDS = effort(1, 20);
/** The lock at which writers stand, all done but their COMMIT, while the trial has it. */
const GATE_LOCK = 4711;

/** What every writer of the table passes last of all, in its transaction. */
const WAIT_AT_COMMIT = `
  CREATE FUNCTION stand_at_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${GATE_LOCK}, 0); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER stand_at_commit AFTER INSERT OR UPDATE OR DELETE ON rolling_chart_data
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stand_at_commit()`;

/** A symbol of its own for two jobs, which begin at `now`. */
interface JobScene {
  world: JobWorld;
  symbol: string;
  now: Minute;
}

/** A job, and what gives it something to write; that may answer another job, which it is about. */
interface ConcurrentJob {
  prepare: (scene: JobScene) => Promise<number | null | void> | void;
  run: (scene: JobScene, about: number) => Promise<{ exitCode: number }>;
}

const INGEST: ConcurrentJob = {
  prepare: ({ world }) => world.advanceMinutes(1),
  run: ({ world, symbol }) => ingest(world.context, { symbols: [symbol] }),
};

/** The exchange has revised rows, and the platform flags them. */
const BACKFILL: ConcurrentJob = {
  prepare: async (scene) => {
    const range = revisedRange(scene);
    scene.world.binance.put(
      scene.symbol,
      scene.world.binance.candles(scene.symbol, range).map((candle) => revise(candle, 1)),
    );
    await change(scene, 'hasmissingdata = true', range);
  },
  run: (scene) => {
    const range = { from: revisedRange(scene).from, to: scene.now };
    return backfill(scene.world.context, { symbols: [scene.symbol], range });
  },
};

const REBUILD: ConcurrentJob = {
  prepare: (scene) => change(scene, 'rsi = rsi + 1', { from: revisedRange(scene).from, to: scene.now }),
  run: ({ world, symbol }) => rebuild(world.context, { symbols: [symbol] }),
};

const UNDO: ConcurrentJob = {
  prepare: async (scene) => {
    await BACKFILL.prepare(scene);
    const { symbol, world } = scene;
    return (await backfill(world.context, { symbols: [symbol], range: revisedRange(scene) })).jobId;
  },
  run: ({ world }, job) => undo(world.context, { job }),
};

/** Who stands at the COMMIT, and who begins then: by name. */
const PAIRS: Readonly<Record<string, readonly [ConcurrentJob, ConcurrentJob]>> = {
  'backfill, then ingest': [BACKFILL, INGEST],
  'ingest, then backfill': [INGEST, BACKFILL],
  'backfill, then rebuild': [BACKFILL, REBUILD],
  'undo, then ingest': [UNDO, INGEST],
};

const servers = databases().filter(({ name }) => name === 'PostgreSQL');
// the embedded database is one process at a time: nobody else can write
if (servers.length === 0) group('a job that begins', (test) => test.skip('all of it', 'no PostgreSQL here'));

jobGroup(
  'a job that begins',
  (test) => {
    test(
      'while another one stands at its COMMIT builds on what that one wrote',
      async (world) => {
        const losses: string[] = [];
        await world.asOwner(async ({ store: watch }) => {
          await watch.knex.raw(WAIT_AT_COMMIT);
          for (let round = 0; round < ROUNDS; round += 1)
            for (const [name, pair] of Object.entries(PAIRS))
              losses.push(...(await runOverlapping(world, watch, pair)).map((loss) => `${name}: ${loss}`));
        });
        const tried = ROUNDS * Object.keys(PAIRS).length;
        concludeTrial({ fault: 'a job begins while another stands at its COMMIT', tried, unit: 'pairs', losses });
      },
      { timeoutMs: effort(120_000, 1_200_000) },
    );
  },
  servers,
);

/** Both write the same symbol at once; a sentence for whatever the second did not see. */
async function runOverlapping(
  world: JobWorld,
  watch: Store,
  [first, second]: readonly [ConcurrentJob, ConcurrentJob],
): Promise<string[]> {
  const symbol = world.listSymbol(3000);
  await ingest(world.context, { symbols: [symbol] });
  const scene: JobScene = { world, symbol, now: world.now };
  const begin = async (work: ConcurrentJob) => {
    const about = await work.prepare(scene);
    return () => work.run(scene, about ?? 0);
  };
  const [runFirst, runSecond] = [await begin(first), await begin(second)];
  const gate = await watch.knex.transaction();
  await gate.raw('SELECT pg_advisory_xact_lock(?, 0)', [GATE_LOCK]);
  const jobs = [runFirst()];
  try {
    await waitForLockWaits(watch, jobs[0]!, 1);
    jobs.push(runSecond());
    await waitForLockWaits(watch, jobs[1]!, 2);
  } finally {
    await gate.rollback();
    await Promise.allSettled(jobs);
  }
  const codes = (await Promise.all(jobs)).map(({ exitCode }) => exitCode);
  if (codes.some((code) => code !== 0)) return [`the exit codes were ${codes.join(', ')}`];
  return findLost(scene, [first, second].includes(BACKFILL));
}

/** Until so many of the database's sessions wait for a lock, or the job that should is through. */
async function waitForLockWaits({ knex }: Store, job: Promise<unknown>, count: number): Promise<void> {
  let isOver = false;
  void Promise.allSettled([job]).then(() => (isOver = true));
  for (;;) {
    const { rows } = await knex.raw<{ rows: { count: string }[] }>(
      `SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT granted AND a.datname = current_database()`,
    );
    if (isOver || Number(rows[0]!.count) >= count) return;
    await sleep(5);
  }
}

/** Indicators that are not those of the rows, and rows that are not the exchange's where a backfill saw to them. */
async function findLost({ world, symbol }: JobScene, isBackfilled: boolean): Promise<string[]> {
  const rows = await world.rows(symbol);
  const others = rows.filter((row) => !hasSameNumbers(row, world.binance.get(symbol, row.openTime)!));
  const losses =
    isBackfilled && others.length > 0 ? [`${others.length} rows have other numbers than the exchange`] : [];
  try {
    assertMatchesReference(rows);
  } catch (error) {
    losses.push(String(error));
  }
  return losses;
}

function revisedRange({ now }: JobScene): MinuteRange {
  return { from: now - 300 * MINUTE_MS, to: now - 200 * MINUTE_MS };
}

async function change({ world, symbol }: JobScene, assignment: string, { from, to }: MinuteRange): Promise<void> {
  await world.store.knex.raw(
    `UPDATE rolling_chart_data SET ${assignment} WHERE symbol = ? AND timestamp >= ? AND timestamp < ?`,
    [symbol, new Date(from), new Date(to)],
  );
}
