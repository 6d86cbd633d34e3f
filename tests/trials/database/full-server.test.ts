import { setTimeout as sleep } from 'node:timers/promises';
import type { ExitCode } from '../../../src/core/failure.js';
import { group } from '../../harness/group.js';
import { createRandom } from '../../harness/random.js';
import {
  type Cluster,
  findServerPrograms,
  runStatement,
  startCluster,
  TEST_SETTINGS,
} from '../../harness/scratch-cluster.js';
import { diskSkipReason, mountSmallDisk, type SmallDisk } from '../../harness/small-disk.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { findPartialFiles, type JobRunResult, type JobTestbed, openJobTestbed } from './job-testbed.js';
import { JOB_NAMES, type JobName } from './jobs.js';

const MEGABYTE = 1 << 20;
/** The size of the disk: 40 MB for an empty cluster, 8 MB for each of two databases, and the write-ahead log. */
const DISK_MB = 200;
const SETTINGS = { ...TEST_SETTINGS, min_wal_size: '32MB', max_wal_size: '32MB' };
/** The most that a job writes. */
const MAX_USED_MB = 3;
/** A full disk is a failure; when it affects the write-ahead log, the server crashes. */
const MAY_END_WITH: readonly ExitCode[] = [0, 1, 3, 75];
const JOBS = effort<readonly JobName[]>(['backfill'], JOB_NAMES);
const ROUNDS = effort(1, 4);
const UP_AGAIN_MS = 10_000;

interface World {
  bench: JobTestbed;
  cluster: Cluster;
  disk: SmallDisk;
}

const programs = findServerPrograms();
const whyNot = programs ? diskSkipReason() : 'no PostgreSQL programs here';
if (!programs || whyNot) {
  group('a server whose disk is full', (test) => test.skip('all of it', whyNot ?? ''));
} else {
  group<World>(
    'a server whose disk is full',
    (test) =>
      test('fails jobs with a message, and with free space the repeat completes', tryAll, {
        timeoutMs: effort(120_000, 1_800_000),
      }),
    {
      setup: async () => {
        const disk = mountSmallDisk(DISK_MB);
        const cluster = await startCluster(programs, SETTINGS, { parent: disk.path });
        return { disk, cluster, bench: await openJobTestbed(cluster.url) };
      },
      teardown: async ({ bench, cluster, disk }) => {
        await bench.close();
        await cluster.stop();
        disk.unmount();
      },
    },
  );
}

async function tryAll(world: World): Promise<void> {
  const random = createRandom(RUN_SEED, 'full server');
  const jobs = Array.from({ length: ROUNDS }, () => JOBS).flat();
  const losses: string[] = [];
  for (const job of jobs) losses.push(...(await runFull(world, job, random.integerBelow(MAX_USED_MB * MEGABYTE))));
  const fault = "PostgreSQL's disk full at any byte of any job";
  concludeTrial({ fault, tried: jobs.length, unit: 'disks', losses, seed: RUN_SEED });
}

async function runFull({ bench, cluster, disk }: World, job: JobName, left: number): Promise<string[]> {
  await bench.reference(job);
  await bench.reset(job);
  disk.fill(left);
  const end = await bench.run(job).catch((error: unknown) => error as Error);
  disk.freeSpace();
  await ensureRunning(bench, cluster);
  const losses = [...checkResult(end), ...findPartialFiles(bench.files()), ...(await bench.repeat(job))];
  return losses.map((loss) => `${job} with ${left} bytes left: ${loss}`);
}

/** A crashed server restarts by itself unless its disk was too full for that. */
async function ensureRunning(bench: JobTestbed, cluster: Cluster): Promise<void> {
  const limit = Date.now() + UP_AGAIN_MS;
  for (;;) {
    try {
      return await runStatement(bench.serverUrl, 'select 1');
    } catch (error) {
      if (Date.now() > limit) throw error;
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return cluster.restart();
      await sleep(50);
    }
  }
}

function checkResult(end: JobRunResult | Error): string[] {
  if (end instanceof Error) return [`it failed as a bug does: ${end.stack}`];
  const messages = end.failures.map(({ message, hint }) => `${message} (${hint})`).join('; ');
  const isClear = end.failures.every(
    ({ kind, code, hint }) => hint !== undefined && (kind === 'temporary' || code === '53100'),
  );
  return MAY_END_WITH.includes(end.exitCode) && isClear ? [] : [`it ended with ${end.exitCode}: ${messages}`];
}
