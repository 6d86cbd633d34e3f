import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { DatabaseConfig } from '../../src/database/database-config.js';
import { withStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessContext, type ProcessResult, type RunningProcess, startChartctl } from './chartctl-process.js';
import { type Backend, databases } from './databases.js';
import { group, type GroupTest } from './group.js';
import { ALL_TIME } from './job-world.js';
import { readRows } from './read-rows.js';

/** The program as a process, with a folder, a database that is not migrated yet, and an exchange. */
export interface ShellWorld {
  exchange: Loopback;
  /** The working directory of every process; temporary. */
  folder: string;
  /** Runs a command and waits for its exit. */
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** Runs it with `--json` and parses its document. */
  runJson: (...argv: string[]) => Promise<JobDocument>;
  start: (...argv: string[]) => RunningProcess;
  /** The context of every process except `migrate`, which runs as the owner of the tables. */
  context: ProcessContext;
  /** Opens the database in this process as the owner of the tables; the embedded one must not be open elsewhere. */
  inspect: <T>(into: (store: Store) => Promise<T>) => Promise<T>;
  rows: (symbol: string) => Promise<ChartRow[]>;
  /** Waits for a number of candle requests to Binance; fails when the process exits before. */
  waitForRequests: (count: number, asking: RunningProcess) => Promise<void>;
}

/** The document of `--json`. */
export interface JobDocument {
  command: string;
  ok: boolean;
  exitCode: number;
  jobId: number | null;
  symbols: ({ symbol: string; ok: boolean } & Record<string, unknown>)[];
  error?: { code: string; message: string; hint?: string };
  [other: string]: unknown;
}

/** The time of the exchange's stopped clock. */
export const NOW = Date.parse('2025-06-01T12:00:00Z');

const REQUEST_LIMIT_MS = 30_000;

/** Declares tests for every database; the tests of a group share one world. */
export function shellGroup(
  name: string,
  declare: (test: GroupTest<ShellWorld>, backend: Backend) => void,
  backends: readonly Backend[] = databases(),
): void {
  for (const backend of backends) {
    const closers: (() => unknown)[] = [];
    group<ShellWorld>(`${name} on ${backend.name}`, (test) => declare(test, backend), {
      setup: () => openShellWorld(backend, closers),
      teardown: async () => {
        for (const close of closers.reverse()) await close();
      },
    });
  }
}

async function openShellWorld(backend: Backend, closers: (() => unknown)[]): Promise<ShellWorld> {
  const database = await backend.create();
  const { config } = database;
  closers.push(() => database.drop());
  const exchange = await startLoopback({
    binance: generatedSource(['BTCUSDT', 'ETHUSDT', 'DOGEUSDT']),
    nowMs: NOW + 5_000,
  });
  closers.push(() => exchange.close());
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-shell-'));
  closers.push(() => rmSync(folder, { recursive: true }));

  const contextFor = (role: DatabaseConfig): ProcessContext => ({
    cwd: folder,
    environment: { HOME: folder, ...databaseEnvironment(role), ...exchange.environment },
  });
  const context = contextFor(database.daily);
  const owners = contextFor(config);
  const start = (...argv: string[]) => {
    if (argv[0] !== 'migrate') return startChartctl(argv, context);
    const { ended, ...running } = startChartctl(argv, owners);
    return { ...running, ended: ended.then(async (end) => (await database.limitRoles(), end)) };
  };
  const requested = () => exchange.requests.filter(({ path }) => path.endsWith('klines')).length;
  return {
    exchange,
    folder,
    start,
    context,
    run: (...argv) => start(...argv).ended,
    runJson: async (...argv) => readDocument(argv[0]!, await start(...argv, '--json').ended),
    inspect: (into) => withStore(config, into),
    rows: (symbol) => withStore(config, ({ knex }) => readRows(knex, symbol, ALL_TIME)),
    waitForRequests: async (count, { ended }) => {
      let end: ProcessResult | undefined;
      void ended.then((found) => (end = found));
      const limit = Date.now() + REQUEST_LIMIT_MS;
      while (requested() < count) {
        if (end || Date.now() > limit)
          throw new Error(`Binance got ${requested()} candle requests, expected ${count}; ${JSON.stringify(end)}`);
        await sleep(5);
      }
    },
  };
}

/** The environment variables that select a database. */
export function databaseEnvironment(config: DatabaseConfig): Record<string, string> {
  return config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
}

/** Parses the only document on stdout and compares its exit code with that of the process. */
function readDocument(command: string, { stdout, stderr, exitCode }: ProcessResult): JobDocument {
  assert.match(stdout, /^\{.*\}\n$/, `stdout of ${command}: ${stdout}; stderr: ${stderr}`);
  const document = JSON.parse(stdout) as JobDocument;
  assert.is(document.command, command);
  assert.is(document.exitCode, exitCode, stderr);
  assert.is(document.ok, exitCode === 0 || exitCode === 10);
  assert.ok(document.jobId === null || Number.isInteger(document.jobId));
  assert.ok(document.symbols.every(({ symbol, ok }) => typeof symbol === 'string' && typeof ok === 'boolean'));
  return document;
}
