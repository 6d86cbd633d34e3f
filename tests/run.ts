/**
 * Runs every `tests/**\/*.test.ts` (or the files and folders named on the command line), several in one process, and ends
 * with the count: `N passed, N failed` (and `, N skipped`).
 *
 *   node --import tsx tests/run.ts [--long [--seed N]] [FILE or FOLDER ...]
 *
 * `--long` runs the long version of the trials in tests/trials, or of those that are named (see tests/trials/README.md).
 */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import type { FileReport } from './harness/group.js';
import { useMemoryFolder } from './harness/memory-folder.js';
import { TestProcess } from './harness/test-process.js';
import { transpileSources } from './harness/transpile-sources.js';
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
/** Files that compare durations: they run alone at the end. */
const MEASURING_FILES: readonly string[] = [join('tests', 'bench', 'ratios.test.ts')];
/** Files that take long with little CPU: they run beside the others, one after another. */
const WAITING_FILES: readonly string[] = [
  join('tests', 'schedule', 'cron.test.ts'),
  join('tests', 'exchange', 'fallbacks', 'fallback-client.test.ts'),
  join('tests', 'exchange', 'market-limits.test.ts'),
  join('tests', 'exchange', 'market-retries.test.ts'),
  join('tests', 'commands', 'fleet.test.ts'),
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

/** Folders and files that need a process of their own: they take long, or change its environment, listeners or driver. */
const ISOLATED: readonly string[] = [
  'tests/engines/checker/statements.test.ts',
  'tests/trials/',
  'tests/engines/',
  'tests/database/embedded/embedded.test.ts',
  'tests/jobs/retrain/run-command.test.ts',
  'tests/jobs/retrain/retrain-hooks.test.ts',
].map(normalize);
/** A process runs this number of files at most, so that memory which tests hold on to is freed. */
const FILES_A_PROCESS = 12;

interface Outcome extends FileReport {
  file: string;
}

/** Runs the files of a queue, several in one process, until the queue is empty. */
async function runQueue(queue: string[], start: () => TestProcess, report: (outcome: Outcome) => void): Promise<void> {
  let shared: TestProcess | undefined;
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const isAlone = ISOLATED.some((place) => file.startsWith(place));
    const used = isAlone ? start() : (shared ??= start());
    const outcome = await runFile(used, file);
    report(outcome);
    if (!isAlone && outcome.failed === 0 && used.files.length < FILES_A_PROCESS) continue;
    if (used === shared) shared = undefined;
    report(await endProcess(used));
  }
  if (shared) report(await endProcess(shared));
}

async function runFile(used: TestProcess, file: string): Promise<Outcome> {
  const started = Date.now();
  const { problems, output, ...found } = await used.run(file, FILE_TIMEOUT_MS);
  const failed = found.failed + problems.length;
  const mark = failed > 0 ? 'FAIL' : 'ok  ';
  process.stdout.write(`${mark} ${file}  ${found.passed} passed  ${Date.now() - started} ms\n`);
  if (failed > 0) process.stdout.write(output + problems.map((problem) => `${file}: ${problem}\n`).join(''));
  return { ...found, file, failed };
}

async function endProcess(used: TestProcess): Promise<Outcome> {
  const file = used.files.join(', ');
  const problems = await used.end();
  for (const problem of problems) process.stdout.write(`FAIL ${file}: ${problem}\n`);
  return { file, passed: 0, failed: problems.length, skipped: [], trials: [] };
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
  const outcomes: Outcome[] = [{ file: 'databases', passed: 0, failed: 0, skipped: shared.skipped, trials: [] }];
  const start = () => new TestProcess(sources, { ...process.env, ...shared.environment });
  const run = (files: string[]) => runQueue(files, start, (outcome) => outcomes.push(outcome));
  try {
    // one more worker than processors: tests wait for databases and processes a third of their time
    const workers = Array.from({ length: Math.min(4, availableParallelism() + 1) }, () => run(queue));
    await Promise.all([...workers, run(waiting)]);
    await run(measuring);
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
useMemoryFolder();
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
