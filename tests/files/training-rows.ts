import { MINUTE_MS } from '../../src/core/minute.js';
import { type RowSource, toIsoTime } from '../../src/files/formats/format.js';
import type { Sink } from '../../src/files/sink.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/indicators/indicators.js';
import { type RowBlock, toBlock } from '../../src/rows/row-block.js';
import { TRAINING_COLUMNS, type TrainingBlock, type TrainingRow } from '../../src/rows/training-row.js';

export const COLUMN_NAMES = TRAINING_COLUMNS.map(({ name }) => name);

const START = Date.UTC(2025, 5, 1, 12);

/** Rows with values that break writers: 1e-8 prices, -0 amid zeros, large volumes, nulls, many digits, two symbols, each source. */
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
      volume: i % 8 === 0 ? 9.87654321e21 : i % 8 === 4 ? 123_456_789_012_345_680_000 : i / 7,
      ...toIndicators(indicatorValues(i, price)),
      source: (['BINANCE', 'FALLBACK', 'BINANCE_BACKFILL'] as const)[i % 3]!,
    };
  });
}

/** The same rows with a number in place of each null, as valid rows have them. */
export function makeValidRows(length: number): TrainingRow[] {
  return makeRows(length).map((row) => {
    return { ...row, ...Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, row[column] ?? 0.25])) };
  });
}

/** The values of the indicator columns in turn, from the first on. */
function indicatorValues(i: number, price: number): (number | null)[] {
  return [
    i % 5 === 0 ? null : 50 / 3,
    -1e-17 * i,
    5e-324,
    i % 2 === 0 ? null : -0.5,
    price * 2,
    price,
    -price,
    i % 4 === 1 ? -0 : 0,
    100,
    1.7976931348623157e308,
    1 / 3,
    null,
    1e-7,
  ];
}

function toIndicators(values: readonly (number | null)[]): Indicators {
  return Object.fromEntries(
    INDICATOR_COLUMNS.map((column, place) => [column, values[place % values.length]]),
  ) as Indicators;
}

/** Rows of one symbol as the store holds them. */
export function toColumns(rows: readonly TrainingRow[]): RowBlock {
  return toBlock(
    rows.map((row) => ({
      ...row,
      openTime: row.timestamp,
      indicators: Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, row[column]])) as Indicators,
      hasMissingData: false,
      isComplete: true,
      writtenAt: null,
    })),
  );
}

/** The rows as the database streams them: no batch holds two symbols. With `error` the stream fails at its end. */
export function inBatches(rows: readonly TrainingRow[], size: number, error?: Error): RowSource {
  async function* batches<T>(toBatch: (batch: readonly TrainingRow[]) => T): AsyncGenerator<T> {
    for (const symbol of new Set(rows.map((row) => row.symbol))) {
      const own = rows.filter((row) => row.symbol === symbol);
      for (let i = 0; i < own.length; i += size) {
        await Promise.resolve();
        yield toBatch(own.slice(i, i + size));
      }
    }
    if (error) throw error;
  }
  return { blocks: () => batches(toTrainingBlock), lines: () => batches(toLines) };
}

function toTrainingBlock(rows: readonly TrainingRow[]): TrainingBlock {
  return { symbol: rows[0]!.symbol, length: rows.length, columns: toColumns(rows) };
}

function toLines(rows: readonly TrainingRow[]): { length: number; bytes: Buffer } {
  const lines = rows.map(({ timestamp, ...row }) => {
    const cells = COLUMN_NAMES.map((name) => {
      if (name === 'timestamp') return toIsoTime(timestamp);
      return Object.is(row[name], -0) ? '-0' : row[name];
    });
    return `${cells.join(',')}\n`;
  });
  return { length: rows.length, bytes: Buffer.from(lines.join('')) };
}

/** A sink that keeps what was written. */
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
