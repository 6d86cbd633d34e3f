import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseConfig } from '../../../src/database/database-config.js';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import { type RunningProcess, startChartctl } from '../../harness/chartctl-process.js';
import { databases } from '../../harness/databases.js';
import type { Random } from '../../harness/random.js';
import { findServerPrograms, runStatement, startCluster } from '../../harness/scratch-cluster.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import { openSoakMarket, type SoakMarket } from './soak-market.js';
import { type DatabaseClock, startDatabaseClock, startVirtualTime, type VirtualTime } from './virtual-time.js';

/** A database, two exchanges and processes in one virtual time. */
export interface SoakWorld {
  market: SoakMarket;
  exchange: Loopback;
  time: VirtualTime;
  config: DatabaseConfig;
  /** Absent for the embedded database, which uses the clock of its process. */
  server: DatabaseClock | undefined;
  /** The working directory of every job. */
  folder: string;
  /** Runs a job in this process. */
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** Runs a job as a process. */
  start: (...argv: string[]) => RunningProcess;
  close(): Promise<void>;
}

/** The list of symbols that the lines of the crontab read. */
export const SYMBOLS_FILE = 'symbols.txt';
/** The temporary directory of the jobs. */
export const TEMPORARY = 'tmp';

/** Daylight saving time ends in the simulated week; no result may depend on it. */
const TIME_ZONE = 'Europe/Berlin';

/** Settings without durability, with frequent autovacuum because a simulated week takes minutes. */
const SERVER_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  autovacuum_naptime: '1s',
  autovacuum_vacuum_cost_delay: '0',
};

/** Whether there are server programs for a server that may crash. */
export function canCrashServer(): boolean {
  return findServerPrograms() !== undefined;
}

/** Opens a world at a time; PostgreSQL runs as a separate server. */
export async function openSoakWorld(
  backend: 'PostgreSQL' | 'PGlite',
  startMs: number,
  random: Random,
): Promise<SoakWorld> {
  process.env.TZ = TIME_ZONE;
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-soak-'));
  const market = openSoakMarket(random);
  const { binance, bybit } = market;
  const exchange = await startLoopback({ binance, fallbacks: { bybit }, nowMs: startMs, enforceWeight: 6000 });
  const database = backend === 'PGlite' ? await openEmbedded() : await openServer();
  const { config, server } = database;
  const time = startVirtualTime(exchange.clock, server);
  await time.set(startMs);

  const temporary = join(folder, TEMPORARY);
  mkdirSync(temporary);
  const variables = databaseEnvironment(config);
  const env = { ...exchange.environment, ...variables, TZ: TIME_ZONE, HOME: folder, TMPDIR: temporary };
  writeFileSync(join(folder, SYMBOLS_FILE), '');
  const context = () => ({ cwd: folder, environment: { ...env, ...time.environment() } });
  const world: SoakWorld = {
    market,
    exchange,
    time,
    config,
    server,
    folder,
    run: (...argv) => runInProcess(argv, { cwd: folder, env }),
    start: (...argv) => startChartctl(argv, context()),
    close: async () => {
      time.end();
      await exchange.close();
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
  return world;
}

interface SoakDatabase {
  config: DatabaseConfig;
  server: DatabaseClock | undefined;
  close(): Promise<void>;
}

async function openEmbedded(): Promise<SoakDatabase> {
  const database = await databases()
    .find(({ name }) => name === 'PGlite')!
    .create();
  return { config: database.config, server: undefined, close: () => database.drop() };
}

async function openServer(): Promise<SoakDatabase> {
  const cluster = await startCluster(findServerPrograms()!, SERVER_SETTINGS);
  await runStatement(cluster.url, 'create database soak template template0');
  const url = new URL(cluster.url);
  url.pathname = '/soak';
  const server = await startDatabaseClock(url.href);
  return {
    config: { kind: 'postgres', url: url.href },
    server,
    close: async () => {
      await server.close();
      await cluster.stop();
    },
  };
}
