import { type Candle, hasSameNumbers } from '../../../src/core/candle.js';
import { floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { FALLBACK_NAMES, type FallbackName } from '../../../src/exchange/fallbacks/fallbacks.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import type { JobContext } from '../../../src/jobs/job.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import type { Backend } from '../../harness/databases.js';
import { type MemorySource, memorySource } from '../../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import { readRows } from '../../harness/read-rows.js';

export const BINANCE = 'binance';

/** The candles of a fallback exchange: slightly different prices and a share of the volume. */
export function fallbackCandles(name: FallbackName, candles: readonly Candle[]): Candle[] {
  const nth = 1 + FALLBACK_NAMES.indexOf(name);
  const move = (price: number) => Number((price * (1 + nth / 10_000)).toFixed(6));
  return candles.map(({ openTime, open, high, low, close, volume }) => ({
    openTime,
    open: move(open),
    high: move(high),
    low: move(low),
    close: move(close),
    volume: Number((volume / (10 * nth)).toFixed(6)),
  }));
}

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT', 'SOLUSDT'];
/** The minutes that the exchanges have before and after the start. */
const KNOWN_MINUTES = { before: 3_000, after: 1_440 };
/** The time that a job waits for rate limits: short because random faults ask for waits all the time. */
export const MAX_WAIT_MS = 1_000;

/**
 * A database, and an exchange with four fallback exchanges and random faults. The exchange's clock runs in real time:
 * jobs use the local clock when faults hide the exchange's.
 */
export interface FaultWorld {
  store: Store;
  exchange: Loopback;
  binance: MemorySource;
  /** The context of a new process: a market without state. */
  context(): JobContext;
  /** One sentence for each stored row that no exchange has, or that was still open. */
  findWrongRows(): Promise<string[]>;
  rows(symbol: string): Promise<ChartRow[]>;
  close(): Promise<void>;
}

export async function openFaultWorld(backend: Backend): Promise<FaultWorld> {
  const database = await backend.createMigrated();
  const store = await openStore(database.config);
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
  const rows = (symbol: string) => readRows(store.knex, symbol, { from: 0, to: Date.parse('2300-01-01') });
  const venues = fallbacks.map(([, source]) => source);
  return {
    store,
    exchange,
    binance,
    context: () => ({ store, market: openMarket(exchange.config, { maxWaitMs: MAX_WAIT_MS }) }),
    rows,
    findWrongRows: async () => {
      const found = await Promise.all(SYMBOLS.map(async (symbol) => ({ symbol, rows: await rows(symbol) })));
      return found.flatMap((stored) => checkRows(stored, exchange.clock.now(), binance, venues));
    },
    close: async () => {
      await exchange.close();
      await store.close();
      await database.drop();
    },
  };
}

function checkRows(
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
