import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Candle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import type { TestDatabase } from '../../harness/databases.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { type MemorySource, memorySource } from '../../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';

/** The symbols of the steps; eight are spread over the shards of both workers. */
export const SYMBOLS = [
  'BTCUSDT',
  'ETHUSDT',
  'BNBUSDT',
  'SOLUSDT',
  'XRPUSDT',
  'ADAUSDT',
  'DOGEUSDT',
  'LTCUSDT',
] as const;

/** The exchange's clock at the start: 5 s after the end of a minute. */
const START: Minute = Date.parse('2025-06-01T12:00:00Z');
/** The minutes of each symbol before the start, with the warm-up, and after it. */
const PAST_MINUTES = 2_900;
const COMING_MINUTES = 240;

/** A database that is not migrated yet, an exchange with a stopped clock, and a folder. */
export interface StepsWorld {
  exchange: Loopback;
  binance: MemorySource;
  /** The temporary working directory of every command. */
  folder: string;
  /** The result of every command since the last call of `takeResults`. */
  takeResults(): CommandResult[];
  /** Runs the program in this process as the daily role, `migrate` as the owner of the tables. */
  chartctl(...argv: string[]): Promise<ProcessResult>;
  /** Runs it as the owner of the tables. */
  asOwner(...argv: string[]): Promise<ProcessResult>;
  /** Runs SQL as a platform beside chartctl would, as the owner of the tables. */
  sql(statement: string): Promise<void>;
  /** The end of the newest closed minute. */
  now(): Minute;
  /** The minute that began `minutes` ago, as an ISO time. */
  at(minutes: number): string;
  /** The range from `from` minutes ago, of `minutes` minutes. */
  range(from: number, minutes: number): MinuteRange;
  advance(minutes: number): void;
  /** Changes the exchange's candles of a range. */
  revise(symbol: string, range: MinuteRange, change: (candle: Candle) => Candle): void;
  database: TestDatabase;
  close(): Promise<void>;
}

/** A command line with its result. */
export interface CommandResult extends ProcessResult {
  argv: readonly string[];
}

/** Opens a world on a new database, which it drops at the end. */
export async function openStepsWorld(database: TestDatabase): Promise<StepsWorld> {
  const range = { from: START - PAST_MINUTES * MINUTE_MS, to: START + COMING_MINUTES * MINUTE_MS };
  const candles = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, generateCandles(symbol, range)]));
  const binance = memorySource(candles);
  const exchange = await startLoopback({
    binance,
    fallbacks: { bybit: memorySource(candles) },
    nowMs: START + 5_000,
  });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-steps-'));
  const results: CommandResult[] = [];
  const runAs = async (role: TestDatabase['config'], argv: string[]) => {
    const env = { ...databaseEnvironment(role), ...exchange.environment };
    const result = await runInProcess(argv, { cwd: folder, env });
    results.push({ argv, ...result });
    return result;
  };
  const asOwner = async (...argv: string[]) => {
    const result = await runAs(database.config, argv);
    await database.limitRoles();
    return result;
  };
  const url = database.superuser.kind === 'postgres' ? database.superuser.url : '';
  const now = () => Math.floor(exchange.clock.now() / MINUTE_MS) * MINUTE_MS;
  return {
    exchange,
    binance,
    folder,
    takeResults: () => results.splice(0),
    chartctl: (...argv) => (argv[0] === 'migrate' ? asOwner(...argv) : runAs(database.daily, argv)),
    asOwner,
    sql: (statement) => runStatement(url, statement),
    now,
    at: (minutes) => new Date(now() - minutes * MINUTE_MS).toISOString(),
    range: (from, minutes) => ({ from: now() - from * MINUTE_MS, to: now() - (from - minutes) * MINUTE_MS }),
    advance: (minutes) => exchange.clock.advance(minutes * MINUTE_MS),
    revise: (symbol, revised, change) => binance.put(symbol, binance.candles(symbol, revised).map(change)),
    database,
    close: async () => {
      await exchange.close();
      rmSync(folder, { recursive: true });
      await database.drop();
    },
  };
}
