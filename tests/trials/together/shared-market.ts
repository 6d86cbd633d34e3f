import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Candle } from '../../../src/core/candle.js';
import { floorMinute, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { withStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import {
  type ProcessContext,
  type ProcessResult,
  type RunningProcess,
  startChartctl,
} from '../../harness/chartctl-process.js';
import { createDatabase, databases, type TestDatabase } from '../../harness/databases.js';
import { ALL_TIME } from '../../harness/job-world.js';
import { effort } from '../../harness/trial.js';
import { type MemorySource, memorySource } from '../../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import type { Host } from './hosts.js';
import { readRows } from '../../harness/read-rows.js';

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT', 'SOLUSDT'] as const;

/** The start of the exchange's clock: the local time, which processes use when the exchange's time is unavailable. */
export const START = floorMinute(Date.now());
/** The days of a backfill. */
export const DAYS = effort(4, 40);
/** The minutes of the exchange before the start, with the warm-up, and after it. */
const HISTORY_MINUTES = (DAYS + 1) * 1440;
const COMING_MINUTES = 1440;

/** An exchange whose candles can be revised, a database on a server, and processes. */
export interface SharedMarket {
  exchange: Loopback;
  source: MemorySource;
  database: TestDatabase;
  /** The working directory of every process; temporary. */
  folder: string;
  start: (...argv: string[]) => RunningProcess;
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** Runs a command with another route to the database. */
  runVia: (way: ConnectionRoute, ...argv: string[]) => Promise<ProcessResult>;
  /** Starts a command on another host. */
  startOn: (host: Host, ...argv: string[]) => RunningProcess;
  inspect: <T>(into: (store: Store) => Promise<T>) => Promise<T>;
  rows: (symbol: string) => Promise<ChartRow[]>;
  close: () => Promise<void>;
}

/** How processes connect to the database. */
export interface ConnectionRoute {
  through: (databaseUrl: string) => string;
  /** A superuser's URL of the server. Default: the test server. */
  server?: string;
}

/** Opens a market with a migrated, empty database. */
export async function openSharedMarket(
  { through, server }: ConnectionRoute = { through: (url) => url },
): Promise<SharedMarket> {
  const shared = databases().find(({ name }) => name === 'PostgreSQL')!;
  const database = await (server ? createDatabase(server) : shared.create());
  const range = { from: START - HISTORY_MINUTES * MINUTE_MS, to: START + COMING_MINUTES * MINUTE_MS };
  const source = memorySource(Object.fromEntries(SYMBOLS.map((symbol) => [symbol, generateCandles(symbol, range)])));
  const exchange = await startLoopback({ binance: source, nowMs: START + 5_000 });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-together-'));
  const startAs = (url: string, argv: readonly string[]) =>
    startChartctl(argv, {
      cwd: folder,
      environment: { HOME: folder, DATABASE_URL: url, ...exchange.environment },
    });
  const contextOn = ({ address, launcher }: Host): ProcessContext => {
    const environment = { DATABASE_URL: urlOf(database.daily), ...exchange.environment };
    const seen = Object.entries(environment).map(([name, url]) => [name, url.replace('127.0.0.1', address)] as const);
    return { cwd: folder, environment: { HOME: folder, ...Object.fromEntries(seen) }, launcher };
  };
  const start = (...argv: string[]) => startAs(through(urlOf(database.daily)), argv);
  const migrated = await startAs(through(urlOf(database.config)), ['migrate']).ended;
  if (migrated.exitCode !== 0) throw new Error(migrated.stderr);
  await database.limitRoles();
  const inspect = <T>(into: (store: Store) => Promise<T>) => withStore(database.superuser, into);
  return {
    exchange,
    source,
    database,
    folder,
    start,
    run: (...argv) => start(...argv).ended,
    runVia: (other, ...argv) => startAs(other.through(urlOf(database.daily)), argv).ended,
    startOn: (host, ...argv) => startChartctl(argv, contextOn(host)),
    inspect,
    rows: (symbol) => inspect(({ knex }) => readRows(knex, symbol, ALL_TIME)),
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}

export function urlOf(config: TestDatabase['config']): string {
  if (config.kind !== 'postgres') throw new Error('this wants a server');
  return config.url;
}

/** A candle after a number of revisions: prices are a little higher each time. */
export function revise(candle: Candle, revision: number): Candle {
  const raise = (price: number) => Number((price * (1 + revision / 1000)).toFixed(8));
  const { openTime, open, high, low, close, volume } = candle;
  return { openTime, open: raise(open), high: raise(high), low: raise(low), close: raise(close), volume };
}

/** The revision of a row; undefined when it is none. */
export function revisionOf(original: Candle, close: number): number | undefined {
  const revision = Math.round((close / original.close - 1) * 1000);
  return revise(original, revision).close === close ? revision : undefined;
}

/** The candles of the exchange before any revision. */
export function originalCandles(symbol: string, range: MinuteRange): Map<Minute, Candle> {
  return new Map(generateCandles(symbol, range).map((candle) => [candle.openTime, candle]));
}
