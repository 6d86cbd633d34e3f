import type { Candle } from '../../src/core/candle.js';
import type { Failure } from '../../src/core/failure.js';
import { type Minute, MINUTE_MS } from '../../src/core/minute.js';
import type { MinuteRange } from '../../src/core/range.js';
import type { DatabaseConfig } from '../../src/database/database-config.js';
import { openStore, withStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import type { FallbackName } from '../../src/exchange/fallbacks/fallbacks.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import type { JobContext, JobResult } from '../../src/jobs/job.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { type MemorySource, memorySource } from '../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type Backend, type CreateOptions, databases, type TestDatabase } from './databases.js';
import { group, type GroupTest } from './group.js';
import { readRows } from './read-rows.js';

/** A database, an exchange with a stopped clock, and a job context for both. */
export interface JobWorld {
  /** A store of the daily role. */
  store: Store;
  /** How other processes open it. */
  config: DatabaseConfig;
  /** Runs `work` as the owner of the tables; afterwards the daily role may use what it created. */
  asOwner: <T>(work: (owner: JobContext) => Promise<T>) => Promise<T>;
  exchange: Loopback;
  /** The candles of Binance and of bybit. */
  binance: MemorySource;
  bybit: MemorySource;
  context: JobContext;
  /** The notices of jobs so far. */
  notices: string[];
  /** The end of the newest closed minute; the exchange's clock shows 5 s more. */
  now: Minute;
  /** Adds a symbol to Binance with generated candles of the last `minutes` and the next day. */
  listSymbol(minutes: number): string;
  /** Advances the exchange's clock. */
  advanceMinutes(minutes: number): void;
  rows(symbol: string): Promise<ChartRow[]>;
  close: () => Promise<void>;
}

const START = Date.parse('2025-06-01T12:00:00Z');
const DAY_MINUTES = 1440;
/** A range that contains every row. */
export const ALL_TIME: MinuteRange = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };

/** Declares job tests for every database; the tests of a group share one world. */
export function jobGroup(
  name: string,
  declare: (test: GroupTest<JobWorld>) => void,
  backends: readonly Backend[] = databases(),
  options: CreateOptions = {},
): void {
  for (const backend of backends) {
    group<JobWorld>(`${name} on ${backend.name}`, (test) => declare(withResetExchange(test)), {
      setup: async () => {
        const database = await backend.createMigrated(options);
        const world = await openWorld(await openStore(database.daily), database);
        const close = world.close;
        world.close = async () => {
          await close();
          await database.drop();
        };
        return world;
      },
      teardown: (world) => world.close(),
    });
  }
}

/** Removes the faults, requests and notices of the exchange before each test. */
function withResetExchange(test: GroupTest<JobWorld>): GroupTest<JobWorld> {
  const resetting: GroupTest<JobWorld> = (title, body, options) => {
    test(
      title,
      (world) => {
        world.exchange.faults.clear();
        world.exchange.reveal();
        world.exchange.clock.set(world.now + 5_000);
        world.exchange.requests.length = 0;
        world.notices.length = 0;
        world.context.market = openMarket(world.exchange.config); // a new process has no state of the exchange
        return body(world);
      },
      options,
    );
  };
  resetting.skip = (title, reason) => test.skip(title, reason);
  return resetting;
}

async function openWorld(store: Store, database: TestDatabase): Promise<JobWorld> {
  const { config } = database;
  const binance = memorySource();
  const bybit = memorySource();
  const fallbacks: Partial<Record<FallbackName, MemorySource>> = { bybit };
  const exchange = await startLoopback({ binance, fallbacks, nowMs: START + 5_000 });
  const notices: string[] = [];
  let listed = 0;
  const world: JobWorld = {
    store,
    config: database.daily,
    asOwner: async (work) => {
      if (config.kind === 'embedded') return work(world.context);
      const result = await withStore(config, (owners) => work({ ...world.context, store: owners }));
      await database.limitRoles();
      return result;
    },
    exchange,
    binance,
    bybit,
    context: { store, market: openMarket(exchange.config), onNotice: (message) => notices.push(message) },
    notices,
    now: START,
    listSymbol: (minutes) => {
      const symbol = `T${(listed += 1)}USDT`;
      const range = { from: world.now - minutes * MINUTE_MS, to: world.now + DAY_MINUTES * MINUTE_MS };
      binance.put(symbol, generateCandles(symbol, range));
      return symbol;
    },
    advanceMinutes: (minutes) => {
      exchange.clock.advance(minutes * MINUTE_MS);
      world.now += minutes * MINUTE_MS;
    },
    rows: (symbol) => readRows(store.knex, symbol, ALL_TIME),
    close: async () => {
      await exchange.close();
      await store.close();
    },
  };
  return world;
}

/** The summary of a job for one symbol; a failure is thrown. */
export async function expectSummary<S>(result: Promise<JobResult<S>>): Promise<S> {
  const [outcome] = (await result).outcomes;
  if (outcome?.failure) throw outcome.failure;
  if (!outcome?.summary) throw new Error('the job gave no outcome');
  return outcome.summary;
}

/** The failure of a job for one symbol. */
export async function expectJobFailure(result: Promise<JobResult<unknown>>): Promise<Failure> {
  const [outcome] = (await result).outcomes;
  if (!outcome?.failure) throw new Error('the job did not fail');
  return outcome.failure;
}

/** The row of a minute; it must exist. */
export function findRowAt(rows: readonly ChartRow[], openTime: Minute): ChartRow {
  const row = rows.find((candidate) => candidate.openTime === openTime);
  if (!row) throw new Error(`there is no row at ${new Date(openTime).toISOString()}`);
  return row;
}

/** A different sound candle of the same minute. */
export function reviseCandle(candle: Candle): Candle {
  const { openTime, volume } = candle;
  const [open, high, low, close] = [candle.open, candle.high, candle.low, candle.close].map((price) => price * 1.01);
  return { openTime, open: open!, high: high!, low: low!, close: close!, volume: volume + 1 };
}
