import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '../../src/core/minute.js';
import { withStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { type Backend, databases } from '../harness/databases.js';
import { group, type GroupTest } from '../harness/group.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

/** Runs command lines in this process, with a folder, a database and an exchange of their own. */
export interface CommandLine {
  folder: string;
  exchange: Loopback;
  environment: Record<string, string>;
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** The same with other variables. */
  runWith: (variables: Record<string, string>, ...argv: string[]) => Promise<ProcessResult>;
  inStore: <T>(into: (store: Store) => Promise<T>) => Promise<T>;
}

/** The end of a minute; the exchange's clock shows 5 s later. */
export const NOW = Date.parse('2025-06-01T12:00:00Z');
export const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

/** Declares the same tests for every available database. They run in order and share its rows. */
export function commandLineGroup(
  name: string,
  declare: (test: GroupTest<CommandLine>, backend: Backend) => void,
): void {
  for (const backend of databases()) {
    const closers: (() => unknown)[] = [];
    group<CommandLine>(`${name} on ${backend.name}`, (test) => declare(test, backend), {
      setup: () => open(backend, closers),
      teardown: async () => {
        for (const close of closers.reverse()) await close();
      },
    });
  }
}

async function open(backend: Backend, closers: (() => unknown)[]): Promise<CommandLine> {
  const database = await backend.createMigrated();
  closers.push(() => database.drop());
  const { config } = database;
  const candles = generateCandles('BTCUSDT', { from: NOW - 4000 * MINUTE_MS, to: NOW + 60 * MINUTE_MS });
  const exchange = await startLoopback({
    binance: memorySource(Object.fromEntries(SYMBOLS.map((symbol) => [symbol, candles]))),
    nowMs: NOW + 5_000,
  });
  closers.push(() => exchange.close());
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-command-line-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const environment = { ...exchange.environment, ...databaseEnvironment(database.daily) };
  const runWith = (variables: Record<string, string>, ...argv: string[]) =>
    runInProcess(argv, { cwd: folder, env: { ...environment, ...variables } });
  return {
    folder,
    exchange,
    environment,
    runWith,
    run: (...argv) => runWith({}, ...argv),
    inStore: (into) => withStore(config, into),
  };
}
