import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { PGDATA_DIRECTORY } from '../../../src/database/embedded/embedded.js';
import { withStore } from '../../../src/database/open-store.js';
import { generatedSource } from '../../../src/exchange/replay/candle-source.js';
import { type ProcessResult, startChartctl } from '../../harness/chartctl-process.js';
import { type DatabaseState, findStateDifferences, readDatabaseState } from '../../harness/database-state.js';
import { copyEmbeddedTemplate } from '../../harness/embedded-template.js';
import { expectError } from '../../harness/expect-failure.js';
import { group, type GroupTest } from '../../harness/group.js';
import { createRandom } from '../../harness/random.js';
import { NOW } from '../../harness/shell-world.js';
import { diskSkipReason, mountSmallDisk, type SmallDisk } from '../../harness/small-disk.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { startLoopback } from '../../loopback/start-loopback.js';

const MEGABYTE = 1 << 20;
/** The size of the disk; an empty database takes 40 MB. */
const DISK_MB = 160;
const BACKFILL = ['backfill', 'BTCUSDT', 'ETHUSDT', '--days', effort('4', '20')];
/** The most that the backfill writes: pages of the table and, in the long version, of the write-ahead log. */
const MAX_USED_MB = effort(3, 40);
const ROUNDS = effort(1, 10);

interface World {
  disk: SmallDisk;
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** Recreates the database. */
  reset: () => void;
  read: () => Promise<DatabaseState>;
  close: () => Promise<void>;
}

const whyNot = diskSkipReason();
if (whyNot) {
  group('an embedded database on a disk of its own', (test) => test.skip('all of it', whyNot));
} else {
  group<World>('an embedded database on a disk of its own', declare, {
    setup: openWorld,
    teardown: (world) => world.close(),
  });
}

function declare(test: GroupTest<World>): void {
  test(
    'that fills up is reported, and with free space the repeat completes',
    async ({ disk, run, reset, read }) => {
      const random = createRandom(RUN_SEED, 'full data directory');
      reset();
      await run(...BACKFILL);
      const expected = await read();
      const losses: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        reset();
        const left = random.integerBelow(MAX_USED_MB * MEGABYTE);
        disk.fill(left);
        const end = await run(...BACKFILL);
        disk.freeSpace();
        const repeated = await run(...BACKFILL);
        const found = [...checkFailure(end), ...checkRepeat(repeated), ...findStateDifferences(await read(), expected)];
        losses.push(...found.map((loss) => `with ${left} bytes left: ${loss}`));
      }
      const fault = 'disk full at any byte of a backfill into the embedded database';
      concludeTrial({ fault, tried: ROUNDS, unit: 'disks', losses, seed: RUN_SEED });
    },
    { timeoutMs: effort(120_000, 1_800_000) },
  );

  test('that has no room for the write-ahead log fails a statement instead of blocking it', async ({ disk, reset }) => {
    reset();
    const config = { kind: 'embedded', dataDir: dataDirOf(disk) } as const;
    await withStore(config, async ({ knex }) => {
      await knex.raw('CREATE TABLE big (a text)');
      disk.fill(13 * MEGABYTE);
      const fill = knex.raw(`INSERT INTO big SELECT repeat('x', 500) FROM generate_series(1, 40000)`).then();
      const error = await expectError(fill);
      assert.is(error.code, '53100', String(error));
    });
    disk.freeSpace();
    await withStore(config, async ({ knex }) => assert.equal(await knex('big').select(), []));
  });

  test('that has no byte left is reported as full, not as a damaged database', async ({ disk, run, reset }) => {
    reset();
    disk.fill(4096); // room for the lock file
    const { exitCode, stderr } = await run('status');
    disk.freeSpace();
    assert.is(exitCode, 1, stderr);
    assert.match(stderr, /could not be opened: its disk is almost full \(0 MB are free\)\nhint: {2}free disk space/);
    assert.is((await run('status', '--quiet')).exitCode, 0);
  });

  test('that is read-only is reported, and nothing is changed', async ({ disk, run, reset }) => {
    reset();
    disk.setReadOnly(true);
    const { exitCode, stderr } = await run('status');
    disk.setReadOnly(false);
    assert.is(exitCode, 2, stderr);
    assert.match(stderr, /cannot be written: EROFS\nhint: {2}set CHARTCTL_DATA_DIR/);
    assert.equal(readdirSync(dataDirOf(disk)), [PGDATA_DIRECTORY]);
  });
}

async function openWorld(): Promise<World> {
  const exchange = await startLoopback({ binance: generatedSource(['BTCUSDT', 'ETHUSDT']), nowMs: NOW + 5_000 });
  const disk = mountSmallDisk(DISK_MB);
  const dataDir = dataDirOf(disk);
  const template = await copyEmbeddedTemplate();
  const environment = { HOME: disk.path, CHARTCTL_DATA_DIR: dataDir, ...exchange.environment };
  return {
    disk,
    run: (...argv) => startChartctl(argv, { cwd: disk.path, environment }).ended,
    reset: () => {
      rmSync(dataDir, { recursive: true, force: true });
      cpSync(template, dataDir, { recursive: true });
    },
    read: () => withStore({ kind: 'embedded', dataDir }, ({ knex }) => readDatabaseState(knex)),
    close: async () => {
      disk.unmount();
      rmSync(template, { recursive: true });
      await exchange.close();
    },
  };
}

function checkFailure({ exitCode, stderr }: ProcessResult): string[] {
  if (exitCode === 0) return []; // the free space sufficed
  const isClear = (exitCode === 1 || exitCode === 3) && /disk space left|disk is full/.test(stderr);
  return isClear && /hint: {2}free /.test(stderr) ? [] : [`it ended with ${exitCode}: ${stderr}`];
}

function checkRepeat({ exitCode, stderr }: ProcessResult): string[] {
  return exitCode === 0 ? [] : [`the repeat ended with ${exitCode}: ${stderr}`];
}

function dataDirOf(disk: SmallDisk): string {
  return join(disk.path, 'data');
}
