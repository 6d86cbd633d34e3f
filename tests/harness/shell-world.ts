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
import { findRows } from '../../src/tables/rolling-chart-data/read-rows.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessContext, type ProcessResult, type RunningProcess, startChartctl } from './chartctl-process.js';
import { type Backend, databases } from './databases.js';
import { group, type GroupTest } from './group.js';

/** What a person at a shell has: a folder, a database that nobody migrated yet, and an exchange in reach. */
export interface ShellWorld {
  exchange: Loopback;
  /** The working directory of every process; temporary. */
  folder: string;
  /** Runs a command line to its end. */
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** Runs it with `--json` and reads the one document that it must print. */
  runJson: (...argv: string[]) => Promise<JobDocument>;
  start: (...argv: string[]) => RunningProcess;
  /** What every process gets but `migrate`, which comes as the role that owns the tables. */
  context: ProcessContext;
  /** Looks into the database from this process, as that role; no `chartctl` process may have the embedded one open. */
  inspect: <T>(into: (store: Store) => Promise<T>) => Promise<T>;
  rows: (symbol: string) => Promise<ChartRow[]>;
  /** Waits until Binance was asked for candles so many times; it is an error when the process ends before. */
  waitForRequests: (count: number, asking: RunningProcess) => Promise<void>;
}

/** What `--json` prints. */
export interface JobDocument {
  command: string;
  ok: boolean;
  exitCode: number;
  jobId: number | null;
  symbols: ({ symbol: string; ok: boolean } & Record<string, unknown>)[];
  error?: { code: string; message: string; hint?: string };
  [other: string]: unknown;
}

/** The exchange's clock in a shell's world; it stands still. */
export const NOW = Date.parse('2025-06-01T12:00:00Z');

const ALL_TIME = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };
const REQUEST_LIMIT_MS = 30_000;

/** Declares the same tests for every database there is here; the tests of a group share one world. */
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

  const surroundingsAs = (role: DatabaseConfig): ProcessContext => ({
    cwd: folder,
    environment: { HOME: folder, ...databaseEnvironment(role), ...exchange.environment },
  });
  const surroundings = surroundingsAs(database.daily);
  const owners = surroundingsAs(config);
  const start = (...argv: string[]) => {
    if (argv[0] !== 'migrate') return startChartctl(argv, surroundings);
    const { ended, ...running } = startChartctl(argv, owners);
    return { ...running, ended: ended.then(async (end) => (await database.limitRoles(), end)) };
  };
  const asked = () => exchange.requests.filter(({ path }) => path.endsWith('klines')).length;
  return {
    exchange,
    folder,
    start,
    context: surroundings,
    run: (...argv) => start(...argv).ended,
    runJson: async (...argv) => readDocument(argv[0]!, await start(...argv, '--json').ended),
    inspect: (into) => withStore(config, into),
    rows: (symbol) => withStore(config, ({ knex }) => findRows(knex, symbol, ALL_TIME)),
    waitForRequests: async (count, { ended }) => {
      let end: ProcessResult | undefined;
      void ended.then((found) => (end = found));
      const limit = Date.now() + REQUEST_LIMIT_MS;
      while (asked() < count) {
        if (end || Date.now() > limit)
          throw new Error(`Binance was asked ${asked()} times, expected ${count}; ${JSON.stringify(end)}`);
        await sleep(5);
      }
    },
  };
}

/** How a process is told of a database. */
export function databaseEnvironment(config: DatabaseConfig): Record<string, string> {
  return config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
}

/** The one JSON document on stdout, which says of itself what the process says. */
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
