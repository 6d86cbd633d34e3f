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
/** The advisory lock at which writers wait before their COMMIT while the trial holds it. */
const GATE_LOCK = 4711;

/** A deferred trigger: every writer of the table runs it last in its transaction. */
const WAIT_AT_COMMIT = `
  CREATE FUNCTION stand_at_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${GATE_LOCK}, 0); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER stand_at_commit AFTER INSERT OR UPDATE OR DELETE ON rolling_chart_data
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stand_at_commit()`;

/** A symbol for two jobs, which start at `now`. */
interface JobScene {
  world: JobWorld;
  symbol: string;
  now: Minute;
}

/** A job, and its preparation, which may return the id of another job that it is about. */
interface ConcurrentJob {
  prepare: (scene: JobScene) => Promise<number | null | void> | void;
  run: (scene: JobScene, about: number) => Promise<{ exitCode: number }>;
}

const INGEST: ConcurrentJob = {
  prepare: ({ world }) => world.advanceMinutes(1),
  run: ({ world, symbol }) => ingest(world.context, { symbols: [symbol] }),
};

/** A backfill of rows that the exchange has revised and that are flagged. */
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

/** The job that waits at its COMMIT, and the job that starts then. */
const PAIRS: Readonly<Record<string, readonly [ConcurrentJob, ConcurrentJob]>> = {
  'backfill, then ingest': [BACKFILL, INGEST],
  'ingest, then backfill': [INGEST, BACKFILL],
  'backfill, then rebuild': [BACKFILL, REBUILD],
  'undo, then ingest': [UNDO, INGEST],
};

const servers = databases().filter(({ name }) => name === 'PostgreSQL');
// the embedded database is open in one process at a time
if (servers.length === 0) group('a job that starts', (test) => test.skip('all of it', 'no PostgreSQL here'));

jobGroup(
  'a job that starts',
  (test) => {
    test(
      'while another one waits at its COMMIT builds on what that one wrote',
      async (world) => {
        const losses: string[] = [];
        await world.asOwner(async ({ store: watch }) => {
          await watch.knex.raw(WAIT_AT_COMMIT);
          for (let round = 0; round < ROUNDS; round += 1)
            for (const [name, pair] of Object.entries(PAIRS))
              losses.push(...(await runOverlapping(world, watch, pair)).map((loss) => `${name}: ${loss}`));
        });
        const tried = ROUNDS * Object.keys(PAIRS).length;
        concludeTrial({
          fault: 'a job that starts while another one waits at its COMMIT',
          tried,
          unit: 'pairs',
          losses,
        });
      },
      { timeoutMs: effort(120_000, 1_200_000) },
    );
  },
  servers,
);

/** Runs both jobs on the same symbol; one sentence for each write that the second job did not see. */
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

/** Waits until a number of sessions wait for locks, or the job has ended. */
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

/** Compares the indicators with the rows, and after a backfill the rows with the exchange. */
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
