import type { Candle } from '../../core/candle.js';
import { RECURSION_REACH } from '../../core/indicator-columns.js';
import { MINUTE_MS } from '../../core/minute.js';
import { lockSymbol } from '../../store/locks.js';
import type { Transaction } from '../../store/handles.js';
import { inTransaction } from '../../store/in-transaction.js';
import type { Store } from '../../store/store.js';
import { addCounts, NO_COUNTS, type WriteCounts } from './write-counts.js';
import { writeStretches, type Stretch, type WriteOptions } from './write-stretches.js';

/** A writer without our lock added a row that was to be inserted: read again and merge. */
export const ADDED_MEANWHILE = '23505';

/** How long a write transaction waits for its symbol when nothing else was said. */
export const DEFAULT_LOCK_WAIT_MS = 10_000;

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
  for (const stretch of splitByReach(candles)) {
    counts = addCounts(
      counts,
      await inTransaction(store, (trx) => lockAndWrite(trx, { candles: stretch, options }), [ADDED_MEANWHILE]),
    );
  }
  return counts;
}

async function lockAndWrite(trx: Transaction, stretch: Stretch): Promise<WriteCounts> {
  const { symbol, lockWaitMs } = stretch.options;
  const writtenAt = await lockSymbol(trx, symbol, lockWaitMs);
  const [counts] = await writeStretches(trx, [stretch], writtenAt);
  return counts!;
}

/** Stretches so far apart that no candle of one affects a row that another affects. */
function splitByReach(candles: readonly Candle[]): Candle[][] {
  const stretches: Candle[][] = [];
  for (const candle of candles) {
    const last = stretches.at(-1);
    if (last && candle.openTime - last.at(-1)!.openTime <= 2 * RECURSION_REACH * MINUTE_MS) last.push(candle);
    else stretches.push([candle]);
  }
  return stretches;
}
