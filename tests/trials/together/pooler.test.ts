import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findStateDifferences, readDatabaseState } from '../../harness/database-state.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { concludeTrial, effort } from '../../harness/trial.js';
import { runConcurrentJobs, SETTLED } from './concurrent-jobs.js';
import { completeSymbols, findDamage } from './find-damage.js';
import { PGBOUNCER, type PoolerOptions, startPooler } from './pgbouncer.js';
import { type ConnectionRoute, openSharedMarket, type SharedMarket, SYMBOLS } from './shared-market.js';

const LIMIT = { timeoutMs: effort(180_000, 1_800_000) };
const SECONDS = effort(3, 180);
/** A command without a connection must have failed by then. */
const MAX_REFUSAL_MS = 60_000;

/** Commands that run one after the other. */
const SCENARIO = [
  ['ingest', ...SYMBOLS],
  ['backfill', ...SYMBOLS, '--days', '1'],
  ['clean', ...SYMBOLS],
  ['clean', ...SYMBOLS, '--repair'],
  ['rebuild', ...SYMBOLS],
  ['verify', 'ETHUSDT', '--hours', '3', '--repair'],
  ['export-training-set', ...SYMBOLS, '--out', 'train.csv'],
  ['check-retrain', ...SYMBOLS, '--mark-trained'],
  ['status'],
  ['report', '--out', 'report.html'],
  ['jobs'],
] as const;

/** The commands that need transactions; single statements work in every pool mode. */
const WRITING = SCENARIO.filter(([name]) => !['status', 'report', 'jobs'].includes(name));

group('through pgbouncer', (test) => {
  if (!hasServer()) return test.skip('all', 'no PostgreSQL here');
  if (!PGBOUNCER) return test.skip('all', 'no pgbouncer here: apt install pgbouncer');

  test(
    'every command has the same result as without it',
    async () => {
      const losses: string[] = [];
      const straight = await playScenario({ through: (url) => url }, losses);
      for (const mode of effort(['transaction'], ['transaction', 'session']) as PoolerOptions['mode'][]) {
        const pooled = await withPooler({ mode }, (way) => playScenario(way, losses));
        losses.push(...findStateDifferences(pooled.state, straight.state));
        if (pooled.file !== straight.file) losses.push(`${mode}: the exported file is another one`);
      }
      concludeTrial({
        fault: 'pgbouncer pooling transactions',
        tried: effort(1, 2) * (SCENARIO.length + 2),
        unit: 'commands',
        losses,
      });
    },
    LIMIT,
  );

  test(
    'eight processes at once lose nothing',
    () =>
      withPooler({ mode: 'transaction' }, (way) =>
        withMarket(way, async (market) => {
          await completeSymbols(market, SETTLED);
          market.exchange.clock.run(60);
          const { runs, losses } = await runConcurrentJobs(market, SECONDS * 1000);
          market.exchange.clock.freeze();
          losses.push(...(await completeSymbols(market)), ...(await findDamage(market)));
          const tried = Object.values(runs).reduce((sum, count) => sum + count, 0);
          concludeTrial({ fault: 'eight concurrent commands through pgbouncer', tried, unit: 'runs', losses });
        }),
      ),
    LIMIT,
  );

  test(
    'a command without a connection fails in bounded time, says so, and loses nothing',
    async () => {
      const losses: string[] = [];
      let tried = 0;
      for (const size of effort([1, 2], [1, 2, 3, 4])) {
        await withPooler({ mode: 'transaction', size }, (way) =>
          withMarket(way, async (market) => {
            const ends = await Promise.all(createCommands(effort(4, 8)).map((argv) => runCommand(market, argv)));
            tried += ends.length;
            losses.push(...ends.flatMap((end) => checkRefusal(end, size)));
            if (size >= 2) losses.push(...(await completeSymbols(market)), ...(await findDamage(market)));
          }),
        );
      }
      concludeTrial({ fault: 'fewer pooled connections than commands need', tried, unit: 'runs', losses });
    },
    LIMIT,
  );

  test(
    'statement pooling, and settings that it does not pass on, are refused with a reason',
    async () => {
      const losses: string[] = [];
      await withMarket({ through: (url) => url }, async (market) => {
        const refuse = async (way: ConnectionRoute, words: RegExp, commands: readonly (readonly string[])[]) => {
          for (const argv of commands) {
            const { exitCode, stderr } = await market.runVia(way, ...argv);
            if (exitCode !== 2 || !words.test(stderr))
              losses.push(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
          }
        };
        await withPooler({ mode: 'statement' }, async (way) => {
          await refuse(way, /pool_mode/, effort(WRITING.slice(0, 1), WRITING));
        });
        await withPooler({ mode: 'transaction' }, async ({ through }) => {
          const asking = { through: (url: string) => `${through(url)}?statement_timeout=5000` };
          await refuse(asking, /statement_timeout.*\n.*ignore_startup_parameters/, [['ingest', 'BTCUSDT']]);
        });
      });
      concludeTrial({
        fault: 'pgbouncer pooling statements, or refusing a setting',
        tried: effort(2, WRITING.length + 1),
        unit: 'commands',
        losses,
      });
    },
    LIMIT,
  );
});

/** Runs the scenario on a new database and returns its state and file. */
function playScenario(way: ConnectionRoute, losses: string[]) {
  return withMarket(way, async (market) => {
    const run = async (...argv: string[]) => {
      const { exitCode, stdout, stderr } = await market.run(...argv);
      if (exitCode !== 0) losses.push(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
      return stdout;
    };
    for (const argv of SCENARIO) await run(...argv);
    const { jobId } = JSON.parse(await run('backfill', 'SOLUSDT', '--days', '2', '--json')) as { jobId: number };
    await run('undo', String(jobId));
    const state = await market.inspect(({ knex }) => readDatabaseState(knex));
    return { state, file: readFileSync(join(market.folder, 'train.csv'), 'utf8') };
  });
}

async function withMarket<T>(way: ConnectionRoute, work: (market: SharedMarket) => Promise<T>): Promise<T> {
  const market = await openSharedMarket(way);
  try {
    return await work(market);
  } finally {
    await market.close();
  }
}

async function withPooler<T>(options: PoolerOptions, work: (way: ConnectionRoute) => Promise<T>): Promise<T> {
  const pooler = await startPooler((await serverUrl())!, options);
  try {
    return await work(pooler);
  } finally {
    await pooler.stop();
  }
}

/** Commands that may run concurrently. */
function createCommands(count: number): string[][] {
  const commands = SYMBOLS.flatMap((symbol) => [
    ['ingest', symbol],
    ['backfill', symbol, '--hours', '30'],
  ]);
  return commands.slice(0, count);
}

interface CommandResult {
  argv: readonly string[];
  exitCode: number | null;
  stderr: string;
  tookMs: number;
}

async function runCommand(market: SharedMarket, argv: readonly string[]): Promise<CommandResult> {
  const started = performance.now();
  const { exitCode, stderr } = await market.run(...argv);
  return { argv, exitCode, stderr, tookMs: performance.now() - started };
}

/** Checks that a command either succeeded or exited with 75 and a hint about the pooler; with one connection none succeeds. */
function checkRefusal({ argv, exitCode, stderr, tookMs }: CommandResult, size: number): string[] {
  const saysWhatToDo = exitCode === 75 && /pooler/.test(stderr);
  const isRight = saysWhatToDo || (size > 1 && exitCode === 0);
  if (isRight && tookMs < MAX_REFUSAL_MS) return [];
  return [
    `${argv.join(' ')} with ${size} connections ended with ${exitCode} after ${Math.round(tookMs)} ms: ${stderr}`,
  ];
}
