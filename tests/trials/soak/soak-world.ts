import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseConfig } from '../../../src/database/database-config.js';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import { type RunningProcess, startChartctl } from '../../harness/chartctl-process.js';
import { databases } from '../../harness/databases.js';
import type { Random } from '../../harness/random.js';
import { findServerPrograms, runStatement, startCluster } from '../../harness/scratch-cluster.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import { openSoakMarket, type SoakMarket } from './soak-market.js';
import { type DatabaseClock, startDatabaseClock, startVirtualTime, type VirtualTime } from './virtual-time.js';

/** A machine with cron, a database and two exchanges, all in one virtual time. */
export interface SoakWorld {
  market: SoakMarket;
  exchange: Loopback;
  time: VirtualTime;
  config: DatabaseConfig;
  /** Absent for the embedded database, whose clock is that of the process that has it open. */
  server: DatabaseClock | undefined;
  /** The working directory of every job. */
  folder: string;
  /** Runs a job in this process. */
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** Runs it in one of its own. */
  start: (...argv: string[]) => RunningProcess;
  close(): Promise<void>;
}

/** The file that cron's lines read their symbols from. */
export const SYMBOLS_FILE = 'symbols.txt';
/** Where everything that jobs put into the temporary directory can be seen. */
export const TEMPORARY = 'tmp';

/** Germany's clocks are put back within the simulated week; nothing may depend on them. */
const TIME_ZONE = 'Europe/Berlin';

/** Careless of power cuts, and as quick to tidy up as a server is for which a week takes longer than minutes. */
const SERVER_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  autovacuum_naptime: '1s',
  autovacuum_vacuum_cost_delay: '0',
};

/** Whether there is a server that may be made to crash. */
export function canCrashServer(): boolean {
  return findServerPrograms() !== undefined;
}

/** Opens a world that begins at a time; a week on PostgreSQL has a server of its own. */
export async function openSoakWorld(
  backend: 'PostgreSQL' | 'PGlite',
  startMs: number,
  dice: Random,
): Promise<SoakWorld> {
  process.env.TZ = TIME_ZONE;
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-soak-'));
  const market = openSoakMarket(dice);
  const { binance, bybit } = market;
  const exchange = await startLoopback({ binance, fallbacks: { bybit }, nowMs: startMs, enforceWeight: 6000 });
  const database = backend === 'PGlite' ? await openEmbedded() : await openServer();
  const { config, server } = database;
  const time = startVirtualTime(exchange.clock, server);
  await time.set(startMs);

  const temporary = join(folder, TEMPORARY);
  mkdirSync(temporary);
  const variables = config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
  const env = { ...exchange.environment, ...variables, TZ: TIME_ZONE, HOME: folder, TMPDIR: temporary };
  writeFileSync(join(folder, SYMBOLS_FILE), '');
  const surroundings = () => ({ cwd: folder, environment: { ...env, ...time.environment() } });
  const world: SoakWorld = {
    market,
    exchange,
    time,
    config,
    server,
    folder,
    run: (...argv) => runInProcess(argv, { cwd: folder, env }),
    start: (...argv) => startChartctl(argv, surroundings()),
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
