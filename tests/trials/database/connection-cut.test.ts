import type { ExitCode } from '../../../src/core/failure.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { diceOf, type Dice } from '../../harness/dice.js';
import { effort, SEED_OF_RUN } from '../../harness/effort.js';
import type { Moment, ProxiedConnection } from '../../harness/faulty-proxy.js';
import { group, type GroupTest } from '../../harness/group.js';
import { runStatement } from '../../harness/run-statement.js';
import { concludeTrial } from '../../harness/trial.js';
import { anyByte, disturb, type Disturbance } from './disturb.js';
import { openJobBench, type JobBench } from './job-bench.js';
import { JOB_NAMES, type JobName } from './jobs.js';

/** Done in spite of it, incomplete where only some symbols were hit, or to be tried again. */
const PASSING: readonly ExitCode[] = [0, 3, 75];
/** The same, where the server may keep the lost connection's locks for a while. */
const PASSING_OR_LOCKED: readonly ExitCode[] = [...PASSING, 11];
const LIMIT_MS = 20_000;
const TIME = { timeoutMs: effort(120_000, 3_600_000) };

/** An answer may stay away for one second; then it is asked for a few times. */
const HURRIED = { keepalives_idle: '1' };

if (!hasServer()) {
  group('a connection that is cut', (test) => test.skip('all of it', 'no PostgreSQL here'));
} else {
  group<JobBench>('a connection that is cut', declare, {
    setup: async () => openJobBench((await serverUrl())!),
    teardown: (bench) => bench.close(),
  });
}

function declare(test: GroupTest<JobBench>): void {
  /** A trial of every job, so many times each. */
  const trial = (
    title: string,
    line: { fault: string; unit: string },
    rounds: number,
    choose: (bench: JobBench, job: JobName, dice: Dice) => Promise<Omit<Disturbance, 'limitMs'>>,
  ) => {
    const tryAll = async (bench: JobBench) => {
      const dice = diceOf(SEED_OF_RUN, title);
      const jobs = Array.from({ length: rounds }, () => JOB_NAMES).flat();
      const losses: string[] = [];
      for (const job of jobs)
        losses.push(...(await disturb(bench, job, { limitMs: LIMIT_MS, ...(await choose(bench, job, dice)) })));
      concludeTrial({ ...line, tried: jobs.length, losses, seed: SEED_OF_RUN });
    };
    test(title, tryAll, TIME);
  };

  trial(
    'at any byte leaves nothing half, and the repeat completes',
    { fault: 'connection to PostgreSQL cut (RST or FIN) at any byte of any job', unit: 'cuts' },
    effort(1, 12),
    async (bench, job, dice) => {
      const how = dice.pick(['reset', 'end'] as const);
      const moment = await anyByte(bench, job, dice);
      return { what: how, moment, act: (connection) => connection[how](), mayEndWith: PASSING };
    },
  );

  trial(
    'around a COMMIT is got over, whether it took effect or not',
    { fault: 'connection cut at a COMMIT: before it is sent, or before its answer is', unit: 'cuts' },
    effort(1, 5),
    async (bench, job, dice) => {
      const { passed } = await bench.undisturbed(job);
      const is = dice.pick(['still unsent', 'about to be answered'] as const);
      const moment: Moment = { commit: 1 + dice.below(passed.commits), is };
      return { what: 'cut', moment, act: (connection) => connection.reset(), mayEndWith: PASSING };
    },
  );

  trial(
    'without a word is not waited for for ever',
    { fault: 'connection falls silent at any byte: whatever is sent gets lost', unit: 'silences' },
    effort(1, 5),
    async (bench, job, dice) => {
      const moment = await anyByte(bench, job, dice);
      const act = (connection: ProxiedConnection) => connection.fallSilent();
      return { what: 'silence', moment, act, mayEndWith: PASSING_OR_LOCKED, parameters: HURRIED };
    },
  );

  trial(
    'by the server, one connection or all of them, is got over',
    { fault: '`pg_terminate_backend` of any or all connections of a job, the one with its lock too', unit: 'times' },
    effort(1, 12),
    async (bench, job, dice) => {
      const moment = await anyByte(bench, job, dice);
      const which = dice.pick(['all', 'the one with the lock', 'each with a chance of 1/2']);
      const condition = {
        all: 'true',
        'the one with the lock': LOCK_HOLDER,
        'each with a chance of 1/2': 'random() < 0.5',
      }[which]!;
      const act = () => runStatement(bench.directUrl, terminate(bench.database, condition));
      return { what: `end of ${which}`, moment, act, mayEndWith: PASSING };
    },
  );
}

const LOCK_HOLDER = `pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 20002)`;

function terminate(database: string, condition: string): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = '${database}' AND ${condition}`;
}
