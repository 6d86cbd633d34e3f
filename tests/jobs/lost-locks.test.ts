import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { checkRetrain } from '../../src/jobs/retrain/check-retrain.js';
import { holdJobLocks } from '../../src/store/locks.js';
import { databases } from '../harness/databases.js';
import { group, type GroupTest } from '../harness/group.js';
import { worldGroup, type World } from '../harness/job-world.js';
import { listReplaced } from './list-replaced.js';

/** The server has other databases, whose jobs are none of ours. */
const HERE = 'database = (SELECT oid FROM pg_database WHERE datname = current_database())';
const HOLDERS = `SELECT pid, objid::bigint::bit(32)::int AS key FROM pg_locks
  WHERE locktype = 'advisory' AND classid::bigint = 20002 AND granted AND ${HERE}`;
const WAITING = `SELECT 1 FROM pg_locks WHERE NOT granted AND ${HERE}`;

const servers = databases().filter(({ name }) => name === 'PostgreSQL');
if (servers.length === 0) group("a job's locks that are lost", (test) => test.skip('all of it', 'no PostgreSQL here'));
worldGroup("a job's locks that are lost with their connection", declare, servers);

interface Holder {
  pid: number;
  key: number;
}

/** The one job that holds a lock, as soon as there is one. */
async function holder({ store }: World, since?: Holder): Promise<Holder> {
  for (;;) {
    const { rows } = await store.knex.raw<{ rows: Holder[] }>(HOLDERS);
    const [found] = rows.filter(({ pid }) => pid !== since?.pid);
    if (found) return found;
    await sleep(10);
  }
}

const end = ({ store }: World, { pid }: Holder) => store.knex.raw('SELECT pg_terminate_backend(?::int, 5000)', [pid]);

/** Ends the holder's connection while somebody else waits for the lock, who gets it; until `work` is done. */
async function takeOver<T>(world: World, held: Holder, work: () => Promise<T>): Promise<T> {
  const other = await world.store.knex.transaction();
  const got = other.raw('SELECT pg_advisory_xact_lock(20002, ?::int)', [held.key]).then(() => undefined);
  await untilWaiting(world);
  await end(world, held);
  await got;
  try {
    return await work();
  } finally {
    await other.rollback();
  }
}

async function untilWaiting({ store }: World): Promise<void> {
  for (;;) {
    const { rows } = await store.knex.raw<{ rows: unknown[] }>(WAITING);
    if (rows.length > 0) return;
    await sleep(10);
  }
}

function declare(test: GroupTest<World>): void {
  test('are taken again, and nobody else gets them', async (world) => {
    const locks = await holdJobLocks(world.store, 'backfill', ['BTCUSDT']);
    const first = await holder(world);
    await end(world, first);
    assert.is((await holder(world, first)).key, first.key);
    assert.equal([locks.isLost(), locks.taken.aborted], [false, false]);
    const second = await holdJobLocks(world.store, 'backfill', ['BTCUSDT']);
    assert.equal(second.held, []);
    await second.release();
    await locks.release();
    const third = await holdJobLocks(world.store, 'backfill', ['BTCUSDT']);
    assert.equal(third.held, ['BTCUSDT']);
    await third.release();
  });

  test('are known to be lost once somebody else has them', async (world) => {
    const locks = await holdJobLocks(world.store, 'backfill', ['BTCUSDT']);
    await takeOver(world, await holder(world), async () => {
      while (!locks.taken.aborted) await sleep(10);
      assert.is(locks.isLost(), true);
    });
    await locks.release();
  });

  test('and taken by another run end a program that trains, and nothing is marked', async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-lost-'));
    const began = join(folder, 'began');
    const due = await listReplaced(world, 31);
    const code = `require('fs').writeFileSync(process.env.BEGAN, String(process.pid)); setInterval(() => {}, 1000)`;
    const exec = { command: [process.execPath, '-e', code], environment: { PATH: process.env.PATH, BEGAN: began } };
    const ended = checkRetrain(world.context, { symbols: [due], exec }).catch((error: unknown) => error);
    while (!existsSync(began) || readFileSync(began, 'utf8') === '') await sleep(10);
    const failure = await takeOver(world, await holder(world), () => ended);
    assert.instance(failure, Failure);
    assert.equal([(failure as Failure).exitCode, (failure as Failure).code], [11, 'TAKEN_OVER']);
    assert.throws(() => process.kill(Number(readFileSync(began, 'utf8')), 0), /ESRCH/);
    const marks = await world.store.knex('chartctl_trainings').where({ symbol: due, kind: 'mark' });
    assert.is(marks.length, 1);
    rmSync(folder, { recursive: true });
  });
}
