import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { acquireJobLocks } from '../../src/database/job-locks.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { checkRetrain } from '../../src/jobs/retrain/check-retrain.js';
import { runJob } from '../../src/jobs/run-job.js';
import { databases } from '../harness/databases.js';
import { group, type GroupTest } from '../harness/group.js';
import { expectSummary, jobGroup, type JobWorld } from '../harness/job-world.js';
import { listReplaced } from './retrain/list-replaced.js';

/** Excludes the jobs of the server's other databases. */
const HERE = 'database = (SELECT oid FROM pg_database WHERE datname = current_database())';
const HOLDERS = `SELECT pid, objid::bigint::bit(32)::int AS key FROM pg_locks
  WHERE locktype = 'advisory' AND classid::bigint = 20002 AND granted AND ${HERE}`;
const WAITING = `SELECT 1 FROM pg_locks WHERE NOT granted AND ${HERE}`;

const servers = databases().filter(({ name }) => name === 'PostgreSQL');
if (servers.length === 0) group("a job's locks that are lost", (test) => test.skip('all of it', 'no PostgreSQL here'));
jobGroup("a job's locks that are lost with their connection", declareLostLockTests, servers);

interface Holder {
  pid: number;
  key: number;
}

/** Waits until a job holds a lock, and returns it. */
async function waitForHolder({ store }: JobWorld, since?: Holder): Promise<Holder> {
  for (;;) {
    const { rows } = await store.knex.raw<{ rows: Holder[] }>(HOLDERS);
    const [found] = rows.filter(({ pid }) => pid !== since?.pid);
    if (found) return found;
    await sleep(10);
  }
}

const terminate = ({ store }: JobWorld, { pid }: Holder) =>
  store.knex.raw('SELECT pg_terminate_backend(?::int, 5000)', [pid]);

/** Ends the holder's connection while another one waits for the lock. That one keeps the lock during `work`. */
async function takeOver<T>(world: JobWorld, held: Holder, work: () => Promise<T>): Promise<T> {
  const other = await world.store.knex.transaction();
  const got = other.raw('SELECT pg_advisory_xact_lock(20002, ?::int)', [held.key]).then(() => undefined);
  await untilWaiting(world);
  await terminate(world, held);
  await got;
  try {
    return await work();
  } finally {
    await other.rollback();
  }
}

async function untilWaiting({ store }: JobWorld): Promise<void> {
  for (;;) {
    const { rows } = await store.knex.raw<{ rows: unknown[] }>(WAITING);
    if (rows.length > 0) return;
    await sleep(10);
  }
}

function declareLostLockTests(test: GroupTest<JobWorld>): void {
  test('are acquired again, and no other job gets them in between', async (world) => {
    const locks = await acquireJobLocks(world.store, 'backfill', ['BTCUSDT']);
    const first = await waitForHolder(world);
    await terminate(world, first);
    assert.is((await waitForHolder(world, first)).key, first.key);
    assert.equal([locks.isLost(), locks.takenOver.aborted], [false, false]);
    const second = await acquireJobLocks(world.store, 'backfill', ['BTCUSDT']);
    assert.equal(second.held, []);
    await second.release();
    await locks.release();
    const third = await acquireJobLocks(world.store, 'backfill', ['BTCUSDT']);
    assert.equal(third.held, ['BTCUSDT']);
    await third.release();
  });

  test('are reported as lost once another connection has them', async (world) => {
    const locks = await acquireJobLocks(world.store, 'backfill', ['BTCUSDT']);
    await takeOver(world, await waitForHolder(world), async () => {
      while (!locks.takenOver.aborted) await sleep(10);
      assert.is(locks.isLost(), true);
    });
    await locks.release();
  });

  test('taken over by another run end a training program, and nothing is marked', async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-lost-'));
    const began = join(folder, 'began');
    const due = await listReplaced(world, 31);
    const code = `require('fs').writeFileSync(process.env.BEGAN, String(process.pid)); setInterval(() => {}, 1000)`;
    const exec = { command: [process.execPath, '-e', code], environment: { PATH: process.env.PATH, BEGAN: began } };
    const ended = checkRetrain(world.context, { symbols: [due], exec }).catch((error: unknown) => error);
    while (!existsSync(began) || readFileSync(began, 'utf8') === '') await sleep(10);
    const failure = await takeOver(world, await waitForHolder(world), () => ended);
    assert.instance(failure, Failure);
    assert.equal([(failure as Failure).exitCode, (failure as Failure).code], [11, 'TAKEN_OVER']);
    assert.throws(() => process.kill(Number(readFileSync(began, 'utf8')), 0), /ESRCH/);
    const marks = await world.store.knex('chartctl_trainings').where({ symbol: due, kind: 'mark' });
    assert.is(marks.length, 1);
    rmSync(folder, { recursive: true });
  });
}

/** The first record of an end loses its connection. The sequence counts it, because it is not rolled back. */
const LOSE_FIRST_END = `
  CREATE SEQUENCE ends;
  GRANT USAGE ON SEQUENCE ends TO PUBLIC;
  CREATE FUNCTION lose_first_end() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('ends') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
      RETURN NEW;
    END $$;
  CREATE TRIGGER lose_first_end BEFORE UPDATE ON chartctl_jobs FOR EACH ROW
    WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION lose_first_end();`;

const postgresServers = databases().filter(({ name }) => name === 'PostgreSQL');
if (postgresServers.length === 0) group("a job's end", (test) => test.skip('all of it', 'no PostgreSQL here'));
jobGroup(
  "a job's end",
  (test) => {
    test('is recorded again if its connection is lost', async ({ asOwner, context, store }) => {
      await asOwner(({ store: owned }) => owned.knex.raw(LOSE_FIRST_END));
      const { jobId, exitCode } = await runJob(
        context,
        { symbols: ['BTCUSDT'] },
        { command: 'rebuild', arguments: {}, work: () => Promise.resolve({}) },
      );
      assert.is(exitCode, 0);
      const jobs = await store.knex('chartctl_jobs').where({ id: jobId }).select('outcome', 'exit_code');
      assert.equal(jobs, [{ outcome: 'done', exit_code: 0 }]);
      const ends = await asOwner(({ store: owned }) => owned.knex('ends').select('last_value'));
      assert.equal(ends, [{ last_value: '2' }]);
    });
  },
  postgresServers,
);

const INVALID_SYMBOLS = ['btcusdt', "BTC'; --", '$(touch pwned)', 'A SYMBOL OF MORE THAN TWENTY', ''];

jobGroup('all symbols', (test) => {
  test('are the valid ones: rows with invalid symbols are skipped with a notice', async (world) => {
    const symbol = world.listSymbol(500);
    await expectSummary(backfill(world.context, { symbols: [symbol], minutes: 500 }));
    for (const text of INVALID_SYMBOLS)
      await world.store.knex.raw(
        `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
         VALUES (?, '2025-06-01', 1, 0, 2, 1, -1)`,
        [text],
      );
    for (const job of [clean, rebuild]) {
      world.notices.length = 0;
      const { outcomes } = await job(world.context, { symbols: 'all' });
      assert.equal(
        outcomes.map((outcome) => outcome.symbol),
        [symbol],
      );
      assert.is(world.notices.length, 1);
      assert.match(
        world.notices[0]!,
        /skips rows with an invalid symbol: .*, and 2 more; expected 1 to 20 letters, digits and/,
      );
    }
    const { rows } = await world.store.knex.raw<{ rows: { count: string }[] }>(
      `SELECT count(*) FROM rolling_chart_data WHERE volume = -1 AND NOT hasmissingdata`,
    );
    assert.is(Number(rows[0]!.count), INVALID_SYMBOLS.length, 'they stay as they are');
  });
});
