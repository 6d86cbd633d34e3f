import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import type { DatabaseConfig } from '../../src/database/database-config.js';
import { acquireJobLocks } from '../../src/database/job-locks.js';
import { withStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { WINDOW_MINUTES } from '../../src/quality/window.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { startChartctl } from '../harness/chartctl-process.js';
import { type Backend, databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { startLoopback } from '../loopback/start-loopback.js';
import { cronSkipReason, startCron } from './private-cron.js';
import { readRows } from '../harness/read-rows.js';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
/** All that a shell, cron or systemd give a meaning to. */
const ODD_NAME = `it's 100% "odd" $HOME a\\\\b \\%c`;
const TITLE =
  "Debian's cron runs the crontab: each minute's rows are there, an export has its newest minute, nothing runs twice";
/** A minute until the first run, one until the second, and time for both and for the export. */
const LIMIT_MS = 260_000;
/** When an export begins in its minute. */
const EXPORT_DELAY_MS = 30_000;
const RUN_LIMIT_MS = 40_000;

interface Run {
  command: string;
  outcome: string;
  started_at: Date;
  finished_at: Date;
}

group('cron', (test) => {
  const server = databases().find(({ name }) => name === 'PostgreSQL');
  const reason = server ? cronSkipReason() : 'no PostgreSQL here';
  if (!server || reason !== undefined) test.skip(TITLE, reason ?? '');
  else test(TITLE, () => inWorld(server, watchTwoMinutes), { timeoutMs: LIMIT_MS });
});

interface World {
  config: DatabaseConfig;
  environment: Record<string, string>;
  folder: string;
}

async function watchTwoMinutes({ config, environment, folder }: World): Promise<void> {
  await fillWindow(folder, environment);
  await untilSecond(5, 50);
  const first = nextMinute(); // the first run begins
  const second = first + MINUTE_MS;
  const crontab = await makeCrontab(folder, environment, second);
  const cron = await startCron(join(folder, 'cron'), withoutDue(crontab, [first, second]));
  try {
    await withStore(
      config,
      async (store) => {
        await whileHeld(store, 'ETHUSDT', async () => {
          await untilRun(store, 1, first);
          await sleep(first + 15_000 - Date.now()); // the run has looked for the lock
        });
        await untilRun(store, 2, second);
        await checkRows(store, first, second);
        checkRuns(await runsOf(store, 'ingest'), [first, second]);
        await checkExport(store, folder, second);
      },
      { connections: 2 },
    );
  } finally {
    await cron.stop();
  }
  checkLog(readFileSync(join(folder, 'chartctl.log'), 'utf8'));
}

/** Holds the lock that keeps ingest from running twice on a symbol, as another ingest would. */
async function whileHeld(store: Store, symbol: string, use: () => Promise<void>): Promise<void> {
  const locks = await acquireJobLocks(store, 'ingest', [symbol]);
  try {
    await use();
  } finally {
    await locks.release();
  }
}

/** Stores a window and its warm-up, of which only the minutes of the test are missing. */
async function fillWindow(folder: string, environment: Record<string, string>): Promise<void> {
  const filled = await startChartctl(['backfill', ...SYMBOLS, '--hours', '18'], { cwd: folder, environment }).ended;
  assert.is(filled.exitCode, 0, filled.stderr);
}

/** The crontab that the program itself prints, over paths with everything in them that could be misread. */
async function makeCrontab(folder: string, environment: Record<string, string>, exportAt: number): Promise<string> {
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(join(folder, 'chartctl.env'), lines.join(''));
  const flags = ['--user', 'root', '--env-file', 'chartctl.env', '--log-file', 'chartctl.log'];
  const time = new Date(exportAt).toISOString().slice(11, 16);
  const exports = ['--export', 'train.csv', '--export-at', time];
  const made = await startChartctl(['schedule', 'crontab', ...SYMBOLS, ...flags, ...exports], {
    cwd: folder,
    environment: {},
  }).ended;
  assert.is(made.exitCode, 0, made.stderr);
  return made.stdout;
}

/** Without the hourly and daily jobs that would run in these minutes too, and fetch what ingest is to fetch. */
function withoutDue(crontab: string, minutes: readonly number[]): string {
  const due = minutes.map((minute) => `${new Date(minute).getUTCMinutes()} `);
  const lines = crontab.split('\n');
  return lines
    .filter((line) => line.includes(' export-training-set ') || !due.some((beginning) => line.startsWith(beginning)))
    .join('\n');
}

/** The minutes that closed when cron ran: the symbol that was held is left out once, and caught up. */
async function checkRows(store: Store, first: number, second: number): Promise<void> {
  const found = await Promise.all(
    SYMBOLS.map((symbol) => readRows(store.knex, symbol, { from: first - MINUTE_MS, to: second })),
  );
  const stored = found.map((rows) => rows.map(({ openTime, source, isComplete }) => [openTime, source, isComplete]));
  assert.equal(stored, [
    [
      [first - MINUTE_MS, 'BINANCE', true],
      [first, 'BINANCE', true],
    ],
    [
      [first - MINUTE_MS, 'BINANCE_BACKFILL', true],
      [first, 'BINANCE', true],
    ],
  ]);
}

/** The export of the second minute has all minutes of the window up to the one that closed when it began. */
async function checkExport(store: Store, folder: string, second: number): Promise<void> {
  const [run] = await untilRuns(store, 'export-training-set', 1, second + EXPORT_DELAY_MS + RUN_LIMIT_MS);
  assert.is(run!.outcome, 'done');
  const rows = readFileSync(join(folder, 'train.csv'), 'utf8').trimEnd().split('\n').slice(1);
  assert.is(rows.length, SYMBOLS.length * WINDOW_MINUTES);
  const newest = new Date(second - MINUTE_MS).toISOString().slice(0, 16);
  assert.is(rows.filter((row) => row.includes(newest)).length, SYMBOLS.length, newest);
}

/** One run a minute, begun a few seconds after it, the one ended before the next begins. */
function checkRuns(runs: readonly Run[], minutes: readonly number[]): void {
  assert.equal(
    runs.map(({ outcome }) => outcome),
    minutes.map(() => 'done'),
  );
  for (const [i, run] of runs.entries()) {
    const delay = run.started_at.getTime() - minutes[i]!;
    assert.ok(delay >= 3_000 && delay < 30_000, `the run began ${delay} ms after the minute`);
    assert.ok(run.finished_at.getTime() < minutes[i]! + MINUTE_MS, 'it ended before the next began');
  }
}

interface LogLine {
  time: string;
  level: string;
  command: string;
  message?: string;
  exitCode?: number;
}

/** Each line has a time; each run logs how it ended, and the first one also which symbol it skipped. */
function checkLog(log: string): void {
  const lines = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
  const ends = lines.filter(({ level, exitCode }) => level !== undefined && exitCode !== undefined);
  assert.equal(
    ends.map(({ level, command, exitCode }) => [level, command, exitCode]),
    [
      ['info', 'ingest', 0],
      ['info', 'ingest', 0],
      ['info', 'export-training-set', 0],
    ],
    log,
  );
  const skipped = lines.filter(({ message }) => message?.includes('ETHUSDT: another ingest is running'));
  assert.is(skipped.length, 1, log);
  assert.ok(skipped[0]!.time < ends[0]!.time, log);
}

/** Waits until so many ingests of cron's have ended; the last of them began after the minute `begun`. */
async function untilRun(store: Store, count: number, begun: number): Promise<void> {
  await sleep(Math.max(0, begun + 3_000 - Date.now()));
  await untilRuns(store, 'ingest', count, begun + RUN_LIMIT_MS);
}

async function untilRuns(store: Store, command: string, count: number, limit: number): Promise<Run[]> {
  for (;;) {
    const runs = await runsOf(store, command);
    if (runs.length >= count && runs.every(({ finished_at: end }) => end)) return runs;
    if (Date.now() > limit) throw new Error(`${count} runs were expected: ${JSON.stringify(runs)}`);
    await sleep(200);
  }
}

function runsOf(store: Store, command: string): Promise<Run[]> {
  return store.knex('chartctl_jobs').where({ command }).orderBy('id').select<Run[]>('*');
}

const nextMinute = () => Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;

/** Waits until the second of the minute is within bounds. */
async function untilSecond(from: number, to: number): Promise<void> {
  const second = (Date.now() % MINUTE_MS) / 1000;
  if (second < from) await sleep((from - second) * 1000);
  else if (second > to) await sleep((60 - second + from) * 1000);
}

/** A database, an exchange whose clock runs, and a folder with an odd name. */
async function inWorld(backend: Backend, use: (world: World) => Promise<void>): Promise<void> {
  const database = await backend.create();
  const exchange = await startLoopback({ binance: generatedSource(SYMBOLS), nowMs: Date.now() });
  exchange.clock.run();
  const parent = mkdtempSync(join(tmpdir(), 'chartctl-cron-'));
  const folder = join(parent, ODD_NAME);
  mkdirSync(folder);
  const { config } = database;
  const environment = { DATABASE_URL: config.kind === 'postgres' ? config.url : '', ...exchange.environment };
  try {
    const migrated = await startChartctl(['migrate'], { cwd: folder, environment }).ended;
    assert.is(migrated.exitCode, 0, migrated.stderr);
    await use({ config, environment, folder });
  } finally {
    await exchange.close();
    await database.drop();
    rmSync(parent, { recursive: true });
  }
}
