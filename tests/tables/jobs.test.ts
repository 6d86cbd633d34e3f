import { hostname } from 'node:os';
import * as assert from 'uvu/assert';
import { acquireJobLocks } from '../../src/database/job-locks.js';
import type { Store } from '../../src/database/store.js';
import { findJobs, startJob } from '../../src/tables/jobs.js';
import { findDeadJobs } from '../../src/tables/last-jobs.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { storeGroup } from '../harness/store-group.js';

/** A job that is recorded as running, of an unknown process. */
async function recordRunning({ knex }: Store, command: string, symbols: string[], host = 'elsewhere'): Promise<number> {
  const { rows } = await knex.raw<{ rows: { id: string }[] }>(
    `INSERT INTO chartctl_jobs (command, symbols, host, pid, started_at) VALUES (?, ?, ?, 4194304, clock_timestamp())
     RETURNING id`,
    [command, symbols, host],
  );
  return Number(rows[0]!.id);
}

async function outcomeOf({ knex }: Store, id: number): Promise<string> {
  return (await findJobs(knex, { limit: 100 })).find((job) => job.id === id)!.outcome;
}

async function recorded({ knex }: Store, id: number): Promise<unknown> {
  return knex('chartctl_jobs').where({ id }).first('outcome', 'error', 'finished_at');
}

const start = ({ knex }: Store, command: string, symbols: string[]) =>
  startJob(knex, { command, arguments: {}, symbols });

storeGroup('jobs that are recorded as running', (test, backend) => {
  test('a job whose locks are free is shown as died, and its record is not changed', async ({ store }) => {
    await migrateStore(store);
    const id = await recordRunning(store, 'backfill', ['A', 'B']);
    assert.is(await outcomeOf(store, id), 'died');
    assert.equal(
      (await findDeadJobs(store.knex)).map((job) => job.id),
      [id],
    );
    assert.equal(await recorded(store, id), { outcome: 'running', error: null, finished_at: null });
  });

  test('the next job of the same command on one of its symbols records that it died', async ({ store }) => {
    const [same, other, apart] = [
      await recordRunning(store, 'clean', ['C', 'D']),
      await recordRunning(store, 'rebuild', ['C', 'D']),
      await recordRunning(store, 'clean', ['E']),
    ];
    await start(store, 'clean', ['D', 'F']);
    assert.equal(await recorded(store, same), {
      outcome: 'died',
      error: 'its process died without reporting a result',
      finished_at: null,
    });
    for (const id of [other, apart]) assert.is(((await recorded(store, id)) as { outcome: string }).outcome, 'running');
  });

  test('a job of this process is running, also beside another one', async ({ store }) => {
    const id = await start(store, 'ingest', ['A']);
    assert.is(await outcomeOf(store, id), 'running');
    await start(store, 'ingest', ['A']);
    assert.is(await outcomeOf(store, id), 'running');
  });

  test('a job without symbols is running while its process exists, as far as this machine can tell', async ({
    store,
  }) => {
    assert.is(await outcomeOf(store, await recordRunning(store, 'ingest', [], 'elsewhere')), 'running');
    assert.is(await outcomeOf(store, await recordRunning(store, 'ingest', [], hostname())), 'died');
  });

  if (backend.name === 'PGlite') return;
  test('a job whose locks are held is running', async ({ store }) => {
    const symbols = ['X', 'ETHUSDT', 'Y']; // keys above and below zero
    const locks = await acquireJobLocks(store, 'verify', symbols);
    const ids = await Promise.all(symbols.map((symbol) => recordRunning(store, 'verify', [symbol])));
    for (const id of ids) assert.is(await outcomeOf(store, id), 'running');
    await locks.release();
    for (const id of ids) assert.is(await outcomeOf(store, id), 'died');
  });
});
