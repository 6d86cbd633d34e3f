import { hasSameNumbers, type Candle } from '../../../src/core/candle.js';
import type { ChartRow } from '../../../src/core/chart-row.js';
import { FALLBACK_NAMES } from '../../../src/core/config.js';
import { floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import type { JobContext } from '../../../src/jobs/context.js';
import { findRows } from '../../../src/store/chart-rows.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { migrateStore } from '../../../src/store/migration/migrate.js';
import type { Backend } from '../../harness/databases.js';
import { memorySource, type MemorySource } from '../../loopback/memory-source.js';
import { startLoopback, type Loopback } from '../../loopback/start-loopback.js';
import { fallbackCandles } from './venues.js';

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT', 'SOLUSDT'];
/** What the exchanges have before and after the beginning. */
const KNOWN_MINUTES = { before: 3_000, after: 1_440 };
/** What a job may wait for rate limits: short, for the storm asks for waits all the time. */
export const MAX_WAIT_MS = 1_000;

/**
 * A database and an exchange with four fallback exchanges, over which a storm may blow. The exchange's clock shows the
 * true time and goes on: it is what jobs have when the storm tells them nothing.
 */
export interface StormWorld {
  store: Store;
  exchange: Loopback;
  binance: MemorySource;
  /** What a new process has: a market that knows nothing yet. */
  context(): JobContext;
  /** A sentence for each stored row that no exchange has like this, or that had not closed. */
  findWrongRows(): Promise<string[]>;
  rows(symbol: string): Promise<ChartRow[]>;
  close(): Promise<void>;
}

export async function openStormWorld(backend: Backend): Promise<StormWorld> {
  const database = await backend.create();
  const store = await openStore(database.config);
  await migrateStore(store, {});
  const start = floorMinute(Date.now());
  const range = {
    from: start - KNOWN_MINUTES.before * MINUTE_MS,
    to: start + KNOWN_MINUTES.after * MINUTE_MS,
  };
  const truth = new Map(SYMBOLS.map((symbol) => [symbol, generateCandles(symbol, range)]));
  const binance = memorySource(Object.fromEntries(truth));
  const fallbacks = FALLBACK_NAMES.map((name) => {
    const candles = [...truth].map(([symbol, found]) => [symbol, fallbackCandles(name, found)] as const);
    return [name, memorySource(Object.fromEntries(candles))] as const;
  });
  const exchange = await startLoopback({ binance, fallbacks: Object.fromEntries(fallbacks), nowMs: Date.now() });
  exchange.clock.run();
  const rows = (symbol: string) => findRows(store.knex, symbol, { from: 0, to: Date.parse('2300-01-01') });
  const venues = fallbacks.map(([, source]) => source);
  return {
    store,
    exchange,
    binance,
    context: () => ({ store, market: openMarket(exchange.config, { maxWaitMs: MAX_WAIT_MS }) }),
    rows,
    findWrongRows: async () => {
      const found = await Promise.all(SYMBOLS.map(async (symbol) => ({ symbol, rows: await rows(symbol) })));
      return found.flatMap((stored) => judgeRows(stored, exchange.clock.now(), binance, venues));
    },
    close: async () => {
      await exchange.close();
      await store.close();
      await database.drop();
    },
  };
}

function judgeRows(
  { symbol, rows }: { symbol: string; rows: readonly ChartRow[] },
  nowMs: number,
  binance: MemorySource,
  venues: readonly MemorySource[],
): string[] {
  return rows.flatMap((row) => {
    const sources = row.source === 'FALLBACK' ? venues : [binance];
    const isTrue = sources.some((source) => isSame(source.get(symbol, row.openTime), row));
    if (isTrue && row.openTime + MINUTE_MS <= nowMs) return [];
    return [`${symbol} ${new Date(row.openTime).toISOString()} of ${row.source} was stored as ${JSON.stringify(row)}`];
  });
}

function isSame(candle: Candle | undefined, row: ChartRow): boolean {
  return candle !== undefined && hasSameNumbers(candle, row);
}
