import type { Candle } from '../../core/candle.js';
import { MINUTE_MS } from '../../core/minute.js';
import type { Store, Transaction } from '../../database/store.js';
import { lockSymbol } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
import { RECURSION_REACH } from '../../indicators/indicator.js';
import {
  addCounts,
  type CandleBatch,
  NO_COUNTS,
  upsertCandles,
  type WriteCounts,
  type WriteOptions,
} from './upsert-candles.js';

/** A writer without our lock added a row that was to be inserted: read again and merge. */
export const UNIQUE_VIOLATION = '23505';

/**
 * Writes an exchange's candles of one symbol, each stretch in one transaction: lock, read again, merge, compute, store.
 *
 * Rows that may not change stay; everything whose indicators a written candle affects is recomputed with it.
 *
 * @param candles closed and sound, ordered by time without repeats
 */
export async function writeCandles(
  store: Store,
  candles: readonly Candle[],
  options: WriteOptions,
): Promise<WriteCounts> {
  let counts = NO_COUNTS;
  for (const stretch of splitAtGaps(candles)) {
    counts = addCounts(
      counts,
      await inTransaction(store, (trx) => lockAndWrite(trx, { candles: stretch, options }), [UNIQUE_VIOLATION]),
    );
  }
  return counts;
}

async function lockAndWrite(trx: Transaction, stretch: CandleBatch): Promise<WriteCounts> {
  const { symbol, lockWaitMs } = stretch.options;
  const writtenAt = await lockSymbol(trx, symbol, lockWaitMs);
  const [counts] = await upsertCandles(trx, [stretch], writtenAt);
  return counts!;
}

/** Stretches so far apart that no candle of one affects a row that another affects. */
function splitAtGaps(candles: readonly Candle[]): Candle[][] {
  const stretches: Candle[][] = [];
  for (const candle of candles) {
    const last = stretches.at(-1);
    if (last && candle.openTime - last.at(-1)!.openTime <= 2 * RECURSION_REACH * MINUTE_MS) last.push(candle);
    else stretches.push([candle]);
  }
  return stretches;
}
