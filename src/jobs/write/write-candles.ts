import { MINUTE_MS } from '../../core/minute.js';
import type { Store, Transaction } from '../../database/store.js';
import { lockSymbol } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
import { RECURSION_REACH } from '../../indicators/indicator.js';
import { type CandleColumns, splitColumns } from '../../rows/candle-columns.js';
import {
  addCounts,
  type CandleBatch,
  NO_COUNTS,
  upsertCandles,
  type WriteCounts,
  type WriteOptions,
} from './upsert-candles.js';

/** SQLSTATE when a writer without the symbol's lock has inserted the same row: the transaction is retried. */
export const UNIQUE_VIOLATION = '23505';

/** Of candles farther apart than this, no row is affected by both. */
const UNRELATED_MS = 2 * RECURSION_REACH * MINUTE_MS;

/**
 * Writes an exchange's candles of one symbol, each batch in one transaction: lock, read, merge, calculate, store.
 *
 * Rows that must not change are kept. The indicators of all rows that a written candle affects are recalculated.
 *
 * @param candles closed and sound, ordered by time, without duplicates
 */
export async function writeCandles(store: Store, candles: CandleColumns, options: WriteOptions): Promise<WriteCounts> {
  let counts = NO_COUNTS;
  for (const part of splitColumns(candles, UNRELATED_MS)) {
    const batch = { candles: part, options };
    const written = await inTransaction(store, (trx) => lockAndWrite(trx, batch), [UNIQUE_VIOLATION]);
    counts = addCounts(counts, written);
  }
  return counts;
}

async function lockAndWrite(trx: Transaction, batch: CandleBatch): Promise<WriteCounts> {
  const { symbol, lockWaitMs } = batch.options;
  const writtenAt = await lockSymbol(trx, symbol, lockWaitMs);
  const [counts] = await upsertCandles(trx, [batch], writtenAt);
  return counts!;
}
