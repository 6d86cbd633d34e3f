import type { ExitCode } from '../../../src/core/failure.js';
import { group } from '../../harness/group.js';
import { createRandom } from '../../harness/random.js';
import { type Cluster, findServerPrograms, startCluster } from '../../harness/scratch-cluster.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { disturb, pickByte } from './disturb.js';
import { type JobTestbed, openJobTestbed } from './job-testbed.js';
import { JOB_NAMES } from './jobs.js';

const ALLOWED_EXIT_CODES: readonly ExitCode[] = [0, 3, 75];
const LIMIT_MS = 30_000;
const ROUNDS = effort(1, 6);

const programs = findServerPrograms();
if (!programs) {
  group('a server that is killed', (test) => test.skip('all of it', 'no PostgreSQL programs here'));
} else {
  group<{ bench: JobTestbed; cluster: Cluster }>(
    'a server that is killed',
    (test) => {
      test(
        'during a job and restarted loses nothing that was committed',
        async ({ bench, cluster }) => {
          const random = createRandom(RUN_SEED, 'server');
          const jobs = Array.from({ length: ROUNDS }, () => JOB_NAMES).flat();
          const losses: string[] = [];
          for (const job of jobs) {
            const isAtOnce = random.fraction() < 0.7;
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
                point: await pickByte(bench, job, random),
                act,
                between: async () => (isDown ? cluster.restart() : restarting),
                mayEndWith: ALLOWED_EXIT_CODES,
                limitMs: LIMIT_MS,
              })),
            );
          }
          const fault = 'kill -9 of the PostgreSQL server during any job';
          concludeTrial({ fault, tried: jobs.length, unit: 'kills', losses, seed: RUN_SEED });
        },
        { timeoutMs: effort(120_000, 3_600_000) },
      );
    },
    {
      setup: async () => {
        const cluster = await startCluster(programs);
        return { cluster, bench: await openJobTestbed(cluster.url) };
      },
      teardown: async ({ bench, cluster }) => {
        await bench.close();
        await cluster.stop();
      },
    },
  );
}
