import type { ExitCode } from '../../../src/core/failure.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { group, type GroupTest } from '../../harness/group.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { concludeTrial, effort } from '../../harness/trial.js';
import { findPartialFiles, type JobRunResult, type JobTestbed, openJobTestbed } from './job-testbed.js';
import { JOB_NAMES, type JobName } from './jobs.js';

/** A setting of the server's administrator, and the allowed exit codes under it. */
interface ServerLimit {
  setting: string;
  value: string;
  mayEndWith: readonly ExitCode[];
  /** The job that it affects most. */
  hits: JobName;
}

const SERVER_LIMITS: readonly ServerLimit[] = [
  { setting: 'statement_timeout', value: '5ms', mayEndWith: [0, 3, 75], hits: 'backfill' },
  { setting: 'lock_timeout', value: '1ms', mayEndWith: [0], hits: 'backfill' },
  { setting: 'idle_in_transaction_session_timeout', value: '200ms', mayEndWith: [0, 3, 75], hits: 'backfill' },
  { setting: 'idle_session_timeout', value: '5ms', mayEndWith: [0, 3, 75], hits: 'export-training-set' },
  { setting: 'default_transaction_read_only', value: 'on', mayEndWith: [1], hits: 'backfill' },
  { setting: 'default_transaction_isolation', value: 'serializable', mayEndWith: [0], hits: 'backfill' },
];

/** The jobs that run under it. */
const toTry = ({ hits }: ServerLimit): readonly JobName[] => effort([hits], JOB_NAMES);
const TIME = { timeoutMs: 300_000 };

if (!hasServer()) {
  group('a server with limits', (test) => test.skip('all of it', 'no PostgreSQL here'));
} else {
  group<JobTestbed>('a server with limits', declare, {
    setup: async () => openJobTestbed((await serverUrl())!),
    teardown: (bench) => bench.close(),
  });
}

function declare(test: GroupTest<JobTestbed>): void {
  test(
    'set by its administrator leaves nothing partial, and failures have a hint',
    async (bench) => {
      const losses: string[] = [];
      for (const limit of SERVER_LIMITS) {
        for (const job of toTry(limit)) losses.push(...(await runLimited(bench, job, limit)));
      }
      const fault =
        '`statement_timeout`, `lock_timeout`, idle timeouts, read-only and serializable set on the database';
      concludeTrial({ fault, tried: SERVER_LIMITS.flatMap(toTry).length, unit: 'jobs', losses });
    },
    TIME,
  );
}

async function runLimited(
  bench: JobTestbed,
  job: JobName,
  { setting, value, mayEndWith }: ServerLimit,
): Promise<string[]> {
  await bench.reference(job);
  await bench.reset(job);
  await runStatement(bench.serverUrl, `ALTER DATABASE ${bench.database} SET ${setting} = '${value}'`);
  const end = await bench.run(job).catch((error: unknown) => error as Error);
  await runStatement(bench.serverUrl, `ALTER DATABASE ${bench.database} RESET ${setting}`);
  const isDone = !(end instanceof Error) && end.exitCode === 0;
  const losses = [
    ...checkResult(end, mayEndWith),
    ...findPartialFiles(bench.files()),
    ...(isDone ? await bench.compare(job) : []),
    ...(await bench.repeat(job)),
  ];
  return losses.map((loss) => `${job} under ${setting} = ${value}: ${loss}`);
}

function checkResult(end: JobRunResult | Error, mayEndWith: readonly ExitCode[]): string[] {
  if (end instanceof Error) return [`it failed as a bug does: ${end.stack}`];
  const messages = end.failures.map(({ message, hint }) => `${message} (${hint})`).join('; ');
  return mayEndWith.includes(end.exitCode) && end.failures.every(({ hint }) => hint !== undefined)
    ? []
    : [`it ended with ${end.exitCode}: ${messages}`];
}
