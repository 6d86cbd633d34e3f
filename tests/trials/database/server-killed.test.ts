import type { ExitCode } from '../../../src/core/failure.js';
import { diceOf } from '../../harness/dice.js';
import { effort, SEED_OF_RUN } from '../../harness/effort.js';
import { group } from '../../harness/group.js';
import { findServerPrograms, startCluster, type Cluster } from '../../harness/scratch-cluster.js';
import { concludeTrial } from '../../harness/trial.js';
import { anyByte, disturb } from './disturb.js';
import { openJobBench, type JobBench } from './job-bench.js';
import { JOB_NAMES } from './jobs.js';

const PASSING: readonly ExitCode[] = [0, 3, 75];
const LIMIT_MS = 30_000;
const ROUNDS = effort(1, 6);

const programs = findServerPrograms();
if (!programs) {
  group('a server that is killed', (test) => test.skip('all of it', 'no PostgreSQL programs here'));
} else {
  group<{ bench: JobBench; cluster: Cluster }>(
    'a server that is killed',
    (test) => {
      test(
        'in the middle of a job and started again loses nothing that was committed',
        async ({ bench, cluster }) => {
          const dice = diceOf(SEED_OF_RUN, 'server');
          const jobs = Array.from({ length: ROUNDS }, () => JOB_NAMES).flat();
          const losses: string[] = [];
          for (const job of jobs) {
            const isAtOnce = dice.share() < 0.7;
            let restarting: Promise<void> | undefined;
            let isDown = false;
            const act = () => {
              cluster.crash();
              if (isAtOnce) restarting = cluster.restart();
              isDown = !isAtOnce;
            };
            losses.push(
              ...(await disturb(bench, job, {
                what: isAtOnce ? 'kill and restart' : 'kill',
                moment: await anyByte(bench, job, dice),
                act,
                between: async () => (isDown ? cluster.restart() : restarting),
                mayEndWith: PASSING,
                limitMs: LIMIT_MS,
              })),
            );
          }
          const fault = 'kill -9 of the PostgreSQL server in the middle of any job';
          concludeTrial({ fault, tried: jobs.length, unit: 'kills', losses, seed: SEED_OF_RUN });
        },
        { timeoutMs: effort(120_000, 3_600_000) },
      );
    },
    {
      setup: async () => {
        const cluster = await startCluster(programs);
        return { cluster, bench: await openJobBench(cluster.url) };
      },
      teardown: async ({ bench, cluster }) => {
        await bench.close();
        await cluster.stop();
      },
    },
  );
}
