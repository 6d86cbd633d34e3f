import { MINUTE_MS } from '../../src/core/minute.js';
import { TRAINING_COLUMNS, type TrainingRow } from '../../src/core/training-row.js';
import type { RowBatches, Sink } from '../../src/files/sink.js';

export const COLUMN_NAMES = TRAINING_COLUMNS.map(({ name }) => name);

const START = Date.UTC(2025, 5, 1, 12);

/** Rows with what breaks writers: 1e-8 prices, large volumes, nulls, many digits, two symbols, each source. */
export function makeRows(length: number): TrainingRow[] {
  return Array.from({ length }, (_, i) => {
    const price = i % 3 === 0 ? 1.2e-8 : i % 3 === 1 ? 105_203.17 + i / 3 : 0.1 + 0.2;
    return {
      symbol: i < length / 2 ? 'BTCUSDT' : '1000SATS-USDT',
      timestamp: START + i * MINUTE_MS,
      open: price,
      high: price * 1.5,
      low: price / 1.5,
      close: price,
      volume: i % 4 === 0 ? 9.87654321e21 : i / 7,
      rsi: i % 5 === 0 ? null : 50 / 3,
      macd: -1e-17 * i,
      macd_signal: 5e-324,
      macd_histogram: i % 2 === 0 ? null : -0.5,
      bb_upper: price * 2,
      bb_middle: price,
      bb_lower: -price,
      stoch_k: 0,
      stoch_d: 100,
      volatility_1m: 1.7976931348623157e308,
      volatility_5m: 1 / 3,
      volatility_15m: null,
      volatility_60m: 1e-7,
      source: (['BINANCE', 'FALLBACK', 'BINANCE_BACKFILL'] as const)[i % 3]!,
    };
  });
}

/** The rows as a store would stream them. */
export async function* inBatches(rows: readonly TrainingRow[], size: number): RowBatches {
  for (let i = 0; i < rows.length; i += size) {
    await Promise.resolve();
    yield rows.slice(i, i + size);
  }
}

/** A sink that remembers what it got. */
export function memorySink(): Sink & { chunks: Buffer[]; bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  return {
    chunks,
    bytes: () => Buffer.concat(chunks),
    write: (chunk) => {
      chunks.push(Buffer.from(chunk as Uint8Array));
      return Promise.resolve();
    },
  };
}
