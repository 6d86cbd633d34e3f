import type { ExitCode } from '../../../src/core/failure.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import type { ProxiedConnection, TriggerPoint } from '../../harness/faulty-proxy.js';
import { group, type GroupTest } from '../../harness/group.js';
import { createRandom, type Random } from '../../harness/random.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { disturb, type Disturbance, pickByte } from './disturb.js';
import { type JobTestbed, openJobTestbed } from './job-testbed.js';
import { JOB_NAMES, type JobName } from './jobs.js';

/** Done, incomplete when only some symbols were affected, or temporary. */
const ALLOWED_EXIT_CODES: readonly ExitCode[] = [0, 3, 75];
/** The same, and locked: the server may keep the locks of a lost connection for a while. */
const ALLOWED_OR_LOCKED: readonly ExitCode[] = [...ALLOWED_EXIT_CODES, 11];
const LIMIT_MS = 20_000;
const TIME = { timeoutMs: effort(120_000, 3_600_000) };

/** The connection counts as lost soon after one second without a response. */
const SHORT_KEEPALIVE = { keepalives_idle: '1' };

if (!hasServer()) {
  group('a connection that is cut', (test) => test.skip('all of it', 'no PostgreSQL here'));
} else {
  group<JobTestbed>('a connection that is cut', declare, {
    setup: async () => openJobTestbed((await serverUrl())!),
    teardown: (bench) => bench.close(),
  });
}

function declare(test: GroupTest<JobTestbed>): void {
  /** Declares a trial of every job with a number of rounds. */
  const trial = (
    title: string,
    line: { fault: string; unit: string },
    rounds: number,
    choose: (bench: JobTestbed, job: JobName, random: Random) => Promise<Omit<Disturbance, 'limitMs'>>,
  ) => {
    const tryAll = async (bench: JobTestbed) => {
      const random = createRandom(RUN_SEED, title);
      const jobs = Array.from({ length: rounds }, () => JOB_NAMES).flat();
      const losses: string[] = [];
      for (const job of jobs)
        losses.push(...(await disturb(bench, job, { limitMs: LIMIT_MS, ...(await choose(bench, job, random)) })));
      concludeTrial({ ...line, tried: jobs.length, losses, seed: RUN_SEED });
    };
    test(title, tryAll, TIME);
  };

  trial(
    'at any byte leaves nothing partial, and the repeat completes',
    { fault: 'connection to PostgreSQL cut (RST or FIN) at any byte of any job', unit: 'cuts' },
    effort(1, 12),
    async (bench, job, random) => {
      const how = random.pick(['reset', 'end'] as const);
      const point = await pickByte(bench, job, random);
      return { what: how, point, act: (connection) => connection[how](), mayEndWith: ALLOWED_EXIT_CODES };
    },
  );

  trial(
    'around a COMMIT is repeated safely, whether the COMMIT took effect or not',
    { fault: 'connection cut at a COMMIT: before it is sent, or before its answer is', unit: 'cuts' },
    effort(1, 5),
    async (bench, job, random) => {
      const { passed } = await bench.reference(job);
      const is = random.pick(['before it is sent', 'before its answer'] as const);
      const point: TriggerPoint = { commit: 1 + random.integerBelow(passed.commits), is };
      return { what: 'cut', point, act: (connection) => connection.reset(), mayEndWith: ALLOWED_EXIT_CODES };
    },
  );

  trial(
    'without notice is detected in bounded time',
    { fault: 'connection that drops all bytes from any byte on, without notice', unit: 'silences' },
    effort(1, 5),
    async (bench, job, random) => {
      const point = await pickByte(bench, job, random);
      const act = (connection: ProxiedConnection) => connection.dropTraffic();
      return { what: 'silence', point, act, mayEndWith: ALLOWED_OR_LOCKED, parameters: SHORT_KEEPALIVE };
    },
  );

  trial(
    'by the server, one connection or all of them, is repeated safely',
    { fault: '`pg_terminate_backend` of any or all connections of a job, the one with its lock too', unit: 'times' },
    effort(1, 12),
    async (bench, job, random) => {
      const point = await pickByte(bench, job, random);
      const which = random.pick(['all', 'the one with the lock', 'each with a chance of 1/2']);
      const condition = {
        all: 'true',
        'the one with the lock': LOCK_HOLDER,
        'each with a chance of 1/2': 'random() < 0.5',
      }[which]!;
      const act = () => runStatement(bench.directUrl, terminate(bench.database, condition));
      return { what: `end of ${which}`, point, act, mayEndWith: ALLOWED_EXIT_CODES };
    },
  );
}

const LOCK_HOLDER = `pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 20002)`;

function terminate(database: string, condition: string): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = '${database}' AND ${condition}`;
}
