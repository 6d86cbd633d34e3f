/**
 * Runs every `tests/**\/*.test.ts` (or the files and folders named on the command line), each in a process of its own,
 * and ends with the count: `N passed, N failed` (and `, N skipped`).
 *
 *   node --import tsx tests/run.ts [--long [--seed N]] [FILE or FOLDER ...]
 *
 * `--long` runs the long version of the trials in tests/trials, or of those that are named (see tests/trials/README.md).
 */
import { fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import type { FileReport } from './harness/group.js';
import { type TranspiledSources, transpileSources } from './harness/transpile-sources.js';
import { type FileTrial, formatTrials, longEnvironment, newSeed } from './harness/trial.js';

const { values: options, positionals: named } = parseArgs({
  allowPositionals: true,
  options: { long: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const TRIALS = join('tests', 'trials');
/** Tests against an engine take minutes; without its URL they skip. */
const isOnEngine = Boolean(process.env.TEST_CITUS_URL ?? process.env.TEST_TIMESCALEDB_URL);
/** Only for a file that hangs: each test has its own limit, and the longest file takes 190 s on two busy processors. */
const FILE_TIMEOUT_MS = options.long ? 4 * 3_600_000 : isOnEngine ? 3_600_000 : 600_000;
const EXIT_GRACE_MS = 10_000;
/** Files that compare durations: they run alone at the end. */
const MEASURING_FILES: readonly string[] = [join('tests', 'bench', 'ratios.test.ts')];
/** Files that take long with little CPU: they run beside the others, one after another. */
const WAITING_FILES: readonly string[] = [
  join('tests', 'schedule', 'cron.test.ts'),
  join('tests', 'exchange', 'fallbacks', 'fallback-client.test.ts'),
  join('tests', 'exchange', 'market-limits.test.ts'),
  join('tests', 'exchange', 'market-retries.test.ts'),
  ...[
    ['database', 'connection-cut'],
    ['together', 'pooler'],
    ['access', 'injection'],
    ['exchange', 'hosts'],
    ['together', 'two-hosts'],
    ['database', 'server-killed'],
  ].map(([part = '', name = '']) => join(TRIALS, part, `${name}.test.ts`)),
];
/** The folders of the longest files: they start first, so that none runs alone at the end. */
const LONGEST_FIRST: readonly string[] = [
  'trials',
  'examples',
  'end-to-end',
  'commands',
  'jobs',
  'database',
  'tables',
  'report',
].map((part) => join('tests', part));

interface Outcome extends FileReport {
  file: string;
  output: string;
}

function runFile(file: string, sources: TranspiledSources, environment: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = fork(sources.programOf(file), {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: environment,
    });
    const chunks: Buffer[] = [];
    let received: FileReport | undefined;
    const problems: string[] = [];
    const kill = (why: string) => {
      problems.push(why);
      child.kill('SIGKILL');
    };
    let timer = setTimeout(() => kill(`took longer than ${FILE_TIMEOUT_MS} ms`), FILE_TIMEOUT_MS);
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('message', (message) => {
      received = message as FileReport;
      clearTimeout(timer);
      timer = setTimeout(() => kill('left something open: the process did not end after its last test'), EXIT_GRACE_MS);
    });
    child.on('exit', () => {
      const waitForOutput = setTimeout(() => {
        problems.push('left a process behind that holds its output open');
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, EXIT_GRACE_MS);
      child.once('close', () => clearTimeout(waitForOutput));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const { passed, failed, skipped, trials } = received ?? { passed: 0, failed: 0, skipped: [], trials: [] };
      if (!received) problems.push(`ended with code ${code} before it reported`);
      else if (passed + failed + skipped.length === 0) problems.push('has no test');
      else if (failed === 0 && code !== 0 && problems.length === 0) problems.push(`ended with code ${code}`);
      const printed = sources.withOriginalPlaces(Buffer.concat(chunks).toString());
      const output = printed + problems.map((problem) => `${file}: ${problem}\n`).join('');
      resolve({ file, passed, failed: failed + problems.length, skipped, trials, output });
    });
  });
}

async function runAll(files: string[]): Promise<Outcome[]> {
  const { startSharedDatabase } = await import('./harness/databases.js');
  const sources = await transpileSources();
  const shared = await startSharedDatabase();
  const waiting = files.filter((file) => WAITING_FILES.includes(file));
  const measuring = files.filter((file) => MEASURING_FILES.includes(file));
  const queue = files
    .filter((file) => !waiting.includes(file) && !measuring.includes(file))
    .sort((a, b) => placeInQueue(a) - placeInQueue(b));
  const outcomes: Outcome[] = [
    { file: 'databases', passed: 0, failed: 0, skipped: shared.skipped, trials: [], output: '' },
  ];
  const runAndReport = async (file: string) => {
    const started = Date.now();
    const outcome = await runFile(file, sources, { ...process.env, ...shared.environment });
    outcomes.push(outcome);
    const mark = outcome.failed > 0 ? 'FAIL' : 'ok  ';
    process.stdout.write(`${mark} ${file}  ${outcome.passed} passed  ${Date.now() - started} ms\n`);
    if (outcome.failed > 0) process.stdout.write(outcome.output);
  };
  const work = async (files: string[]) => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) await runAndReport(file);
  };
  try {
    // one more worker than processors: tests wait for databases and processes a third of their time
    const workers = Array.from({ length: Math.min(4, availableParallelism() + 1) }, () => work(queue));
    await Promise.all([...workers, work(waiting)]);
    await work(measuring);
  } finally {
    await shared.stop();
    sources.remove();
  }
  return outcomes;
}

function placeInQueue(file: string): number {
  const place = LONGEST_FIRST.findIndex((folder) => file.startsWith(join(folder, '/')));
  return place === -1 ? LONGEST_FIRST.length : place;
}

function findTestFiles(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort();
}

if (options.long) {
  const seed = options.seed === undefined ? newSeed() : Number(options.seed);
  process.stdout.write(`seed ${seed}\n`);
  Object.assign(process.env, longEnvironment(seed));
}
const places = named.length > 0 ? named.map(normalize) : [options.long ? TRIALS : 'tests'];
const files = places.flatMap((place) => (statSync(place).isDirectory() ? findTestFiles(place) : [place]));
const outcomes = await runAll(files);
const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
const failed = sum((outcome) => outcome.failed) + (files.length === 0 ? 1 : 0);
const skipped = outcomes.flatMap((outcome) => outcome.skipped);
const trials = outcomes.flatMap(({ file, trials }) => trials.map((trial): FileTrial => ({ file, ...trial })));
if (trials.length > 0) process.stdout.write(formatTrials(trials));
for (const line of skipped) process.stdout.write(`SKIPPED ${line}\n`);
process.stdout.write(
  `${sum((outcome) => outcome.passed)} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}\n`,
);
process.exitCode = failed > 0 ? 1 : 0;
