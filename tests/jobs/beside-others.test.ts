import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { withLockFile } from '../../src/database/file-locks/lock-file.js';
import { acquireJobLocks } from '../../src/database/job-locks.js';
import { lockSymbol } from '../../src/database/symbol-locks.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../src/jobs/export/export-training-set.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import { undo } from '../../src/jobs/undo.js';
import { recordChanges } from '../../src/tables/changes.js';
import { startJob } from '../../src/tables/jobs.js';
import { databases } from '../harness/databases.js';
import { group, type GroupTest } from '../harness/group.js';
import { findRowAt, jobGroup, type JobWorld } from '../harness/job-world.js';

// the embedded database is open in one process only, so there is no other writer
const servers = databases().filter(({ name }) => name === 'PostgreSQL');
if (servers.length === 0) {
  group('jobs beside other writers', (test) => test.skip('all of it', 'no PostgreSQL here'));
}

jobGroup('jobs beside other writers', declareTests, servers);

/** Waits until a connection of the database waits for a lock. */
async function waitUntilBlocked({ store }: JobWorld): Promise<void> {
  for (;;) {
    const { rows } = await store.knex.raw<{ rows: unknown[] }>(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
    await sleep(10);
  }
}

function declareTests(test: GroupTest<JobWorld>): void {
  test('a row that the platform inserts while a job waits to insert it is merged', async (world) => {
    const symbol = world.listSymbol(2000);
    const minute = world.now - 5 * MINUTE_MS;
    const other = await world.store.knex.transaction();
    await other.raw(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, iscomplete) VALUES (?, ?, 1, 1, 1, 1, 1, false)`,
      [symbol, new Date(minute)],
    );
    const ingesting = ingest(world.context, { symbols: [symbol] });
    await waitUntilBlocked(world); // the ingest has read the table without that row and waits to insert it
    await other.commit();
    assert.is((await ingesting).exitCode, 0);
    const row = findRowAt(await world.rows(symbol), minute);
    assert.is(row.close, world.binance.get(symbol, minute)!.close);
  });

  test('undo sees what a job wrote while the undo waited for the symbol', async (world) => {
    const symbol = world.listSymbol(2000);
    await ingest(world.context, { symbols: [symbol] });
    const minute = world.now - 10 * MINUTE_MS;
    const key = [symbol, new Date(minute)];
    await world.store.knex.raw(
      `UPDATE rolling_chart_data SET hasmissingdata = true WHERE symbol = ? AND timestamp = ?`,
      key,
    );
    const accept = { minutes: [minute], reason: 'seen' };
    const { jobId } = await clean(world.context, { symbols: [symbol], sigma: 100, accept });
    const later = await startJob(world.store.knex, { command: 'backfill', arguments: {}, symbols: [symbol] });
    const other = await world.store.knex.transaction();
    await lockSymbol(other, symbol, 1000);
    const undoing = undo(world.context, { job: jobId! });
    await waitUntilBlocked(world); // the undo has searched for later jobs and waits for the lock
    await recordChanges(other, { symbol, jobId: later, action: 'replace', reason: 'backfill' }, [minute]);
    await other.raw(`UPDATE rolling_chart_data SET volume = 4711 WHERE symbol = ? AND timestamp = ?`, key);
    await other.commit();
    const { outcomes } = await undoing;
    assert.is(outcomes[0]!.failure?.code, 'LATER_CHANGES');
    assert.is(findRowAt(await world.rows(symbol), minute).volume, 4711);
  });

  test('a training file is never written without one of its symbols', async (world) => {
    const symbols = [world.listSymbol(2000), world.listSymbol(2000)];
    await ingest(world.context, { symbols });
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-beside-'));
    const locks = await acquireJobLocks(world.store, 'export-training-set', [symbols[0]!]);
    try {
      const options = { symbols, out: join(folder, 'train.csv'), format: 'csv' } as const;
      assert.is((await exportTrainingSet(world.context, options)).exitCode, 11);
      assert.is((await exportTrainingSet(world.context, { ...options, ifLocked: 'skip' })).exitCode, 0);
      assert.equal(readdirSync(folder), []);
    } finally {
      await locks.release();
      rmSync(folder, { recursive: true });
    }
  });

  test('two concurrent exports to one name leave the file and the manifest of one of them', async (world) => {
    const symbols = [world.listSymbol(2000), world.listSymbol(2000)];
    await ingest(world.context, { symbols });
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-beside-'));
    const [out, manifest] = [join(folder, 'train.csv'), join(folder, 'train.csv.datapackage.json')];
    const exports: Promise<unknown>[] = [];
    try {
      await withLockFile(`${manifest}.lock`, async () => {
        for (const symbol of symbols)
          exports.push(exportTrainingSet(world.context, { symbols: [symbol], out, format: 'csv' }));
        while (readdirSync(folder).filter((name) => name.endsWith('.tmp')).length < 4) await sleep(5);
        await sleep(100); // until both have written their files and wait for the lock to rename them
        assert.not.ok(existsSync(out));
      });
      await Promise.all(exports);
      const { resources } = JSON.parse(readFileSync(manifest, 'utf8')) as { resources: { hash: string }[] };
      assert.is(resources[0]!.hash, `sha256:${createHash('sha256').update(readFileSync(out)).digest('hex')}`);
      assert.equal(readdirSync(folder).sort(), ['train.csv', 'train.csv.datapackage.json']);
    } finally {
      await Promise.allSettled(exports);
      rmSync(folder, { recursive: true });
    }
  });
}
