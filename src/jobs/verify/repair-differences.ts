import { throwIfStopped } from '../../core/failure.js';
import { subtractRanges } from '../../core/range.js';
import type { Store } from '../../database/store.js';
import type { Comparison } from '../../quality/compare-with-exchange.js';
import { decideMerge, type MergePolicy } from '../../quality/decide-merge.js';
import { toColumns } from '../../rows/candle-columns.js';
import { findFlagged } from '../../tables/flags.js';
import { recordGaps } from '../fetch/record-gaps.js';
import type { JobContext } from '../job.js';
import { addCounts, NO_COUNTS, type WriteCounts, type WriteOptions } from '../write/upsert-candles.js';
import { writeCandles } from '../write/write-candles.js';
import type { ComparedRange } from './compare-range.js';

/** Candles written in one transaction. */
const BATCH_CANDLES = 10_000;

/** The valid rows that a repair may replace. */
interface RepairPolicy {
  /** Valid rows of Binance with other numbers than Binance has now. */
  replaceValid: boolean;
  /** Valid rows of the fallback exchanges. */
  replaceFallback: boolean;
}

/**
 * Creates the filter for the answers that a repair has to write: those that replace or add a row, and those that confirm
 * a flagged row. Rows that are kept flagged by option are not confirmed again.
 */
export async function selectRepairs(
  { knex }: Store,
  symbol: string,
  policy: RepairPolicy,
): Promise<(item: Comparison) => boolean> {
  const flagged = new Set(await findFlagged(knex, symbol, { exceptKept: true }));
  const merge: MergePolicy = { ...policy, source: 'BINANCE_BACKFILL' };
  return ({ stored, exchange }) => {
    if (!exchange) return false;
    const action = decideMerge(stored, exchange, merge);
    if (action !== 'confirm') return action !== 'keep';
    return !stored!.hasMissingData || flagged.has(stored!.openTime);
  };
}

/** Writes the selected answers and records the minutes that the exchange does not have. */
export async function repairDifferences(
  context: JobContext,
  { repairs, settled, answered, offMinute }: ComparedRange,
  nowMs: number,
  options: WriteOptions,
): Promise<WriteCounts> {
  let counts = NO_COUNTS;
  for (let start = 0; start < repairs.length; start += BATCH_CANDLES) {
    throwIfStopped(context.signal);
    const batch = toColumns(repairs.slice(start, start + BATCH_CANDLES));
    counts = addCounts(counts, await writeCandles(context.store, batch, options));
  }
  if (settled.to > settled.from) {
    const { symbol, jobId, lockWaitMs } = options;
    const absent = subtractRanges([settled], answered);
    await recordGaps(context, { symbol, jobId, lockWaitMs, nowMs, requested: [settled], absent, offMinute });
  }
  return counts;
}
