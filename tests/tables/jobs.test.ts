import { hostname } from 'node:os';
import * as assert from 'uvu/assert';
import { acquireJobLocks } from '../../src/database/job-locks.js';
import type { Store } from '../../src/database/store.js';
import { findDeadJobs, findJobs, startJob } from '../../src/tables/jobs.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { storeGroup } from '../harness/store-group.js';

/** A job that is recorded as running, of a process that nobody here knows. */
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
  test('one is shown as died when nobody holds its locks, and stays as it is recorded', async ({ store }) => {
    await migrateStore(store);
    const id = await recordRunning(store, 'backfill', ['A', 'B']);
    assert.is(await outcomeOf(store, id), 'died');
    assert.equal(
      (await findDeadJobs(store.knex)).map((job) => job.id),
      [id],
    );
    assert.equal(await recorded(store, id), { outcome: 'running', error: null, finished_at: null });
  });

  test('the next job of its command over one of its symbols records that it died', async ({ store }) => {
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

  test('one of this process runs, also beside another one', async ({ store }) => {
    const id = await start(store, 'ingest', ['A']);
    assert.is(await outcomeOf(store, id), 'running');
    await start(store, 'ingest', ['A']);
    assert.is(await outcomeOf(store, id), 'running');
  });

  test('one over no symbol is told by its process, where that can be known', async ({ store }) => {
    assert.is(await outcomeOf(store, await recordRunning(store, 'ingest', [], 'elsewhere')), 'running');
    assert.is(await outcomeOf(store, await recordRunning(store, 'ingest', [], hostname())), 'died');
  });

  if (backend.name === 'PGlite') return;
  test('one whose locks are held runs, whoever asks', async ({ store }) => {
    const symbols = ['X', 'ETHUSDT', 'Y']; // keys above and below zero
    const locks = await acquireJobLocks(store, 'verify', symbols);
    const ids = await Promise.all(symbols.map((symbol) => recordRunning(store, 'verify', [symbol])));
    for (const id of ids) assert.is(await outcomeOf(store, id), 'running');
    await locks.release();
    for (const id of ids) assert.is(await outcomeOf(store, id), 'died');
  });
});
