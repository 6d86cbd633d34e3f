import { throwIfStopped } from '../../core/failure.js';
import { floorMinute, type Minute } from '../../core/minute.js';
import { intersect, type MinuteRange, subtractRanges, sumMinutes, toRanges } from '../../core/range.js';
import { lockSymbol } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
import { type CandleColumns, joinColumns, sliceRange } from '../../rows/candle-columns.js';
import { openCompressedChunks } from '../../tables/engine/timescaledb/compressed-chunks.js';
import type { JobContext } from '../job.js';
import { rebuildAffected } from '../rebuild.js';
import { addCounts, NO_COUNTS, type WriteCounts, type WriteOptions } from '../write/upsert-candles.js';
import { writeCandles } from '../write/write-candles.js';
import {
  type FetchedRange,
  fetchInOrder,
  type FetchPlan,
  PUBLICATION_DELAY_MS,
  requireNoThrottle,
} from './binance-requests.js';
import { recordGaps } from './record-gaps.js';

/** Candles written in one transaction. */
const BATCH_CANDLES = 20_000;
/** Gaps after which rows are rebuilt in one transaction, which locks the symbol: up to 1,000 rows after each. */
const BATCH_GAPS = 20;

/**
 * Fetches the wanted minutes of a plan from Binance and writes them in batches, while further requests are in progress.
 *
 * Minutes that Binance does not have are recorded as gaps. When a request fails, the answers before it are still written.
 *
 * @param nowMs the exchange's clock
 */
export async function fetchAndWrite(
  context: JobContext,
  plan: FetchPlan,
  nowMs: number,
  options: WriteOptions,
): Promise<WriteCounts> {
  if (plan.requests.length === 0) return NO_COUNTS;
  await requireNoThrottle(context);
  await openCompressedChunks(context.store, plan.wanted);
  const total = sumMinutes(plan.wanted);
  const selectWanted = createSelector(plan.wanted);
  let counts = NO_COUNTS;
  let done = 0;
  let batch = newBatch();
  const flush = async () => {
    counts = addCounts(counts, await writeBatch(context, batch, nowMs, options));
    done += sumMinutes(batch.requested);
    batch = newBatch();
    context.onProgress?.({ symbol: options.symbol, done, total, unit: 'minutes' });
  };
  try {
    for await (const fetched of fetchInOrder(context, options.symbol, plan.requests)) {
      const { candles, requested } = selectWanted(fetched);
      batch.candles.push(...candles);
      batch.count += candles.reduce((sum, { length }) => sum + length, 0);
      batch.offMinute.push(...fetched.offMinute);
      batch.requested.push(...requested);
      if (batch.count < BATCH_CANDLES) continue;
      await flush();
      throwIfStopped(context.signal);
    }
  } finally {
    await flush();
  }
  return counts;
}

/** Answers not yet written, and the wanted minutes of their requests. */
interface Batch {
  /** Parts, in order. */
  candles: CandleColumns[];
  /** The number of candles in all parts. */
  count: number;
  requested: MinuteRange[];
  /** The minutes of which Binance has candles off the minute, also those that are not wanted. */
  offMinute: Minute[];
}

function newBatch(): Batch {
  return { candles: [], count: 0, requested: [], offMinute: [] };
}

/** Selects the wanted part of each answer; answers must come in the order of the requests. */
function createSelector(
  wanted: readonly MinuteRange[],
): (fetched: FetchedRange) => Pick<Batch, 'candles' | 'requested'> {
  let first = 0;
  return ({ request, candles }) => {
    while (first < wanted.length && wanted[first]!.to <= request.from) first += 1;
    const requested: MinuteRange[] = [];
    for (let i = first; i < wanted.length && wanted[i]!.from < request.to; i += 1) {
      requested.push(intersect(wanted[i]!, request));
    }
    return { candles: requested.map((range) => sliceRange(candles, range)), requested };
  };
}

async function writeBatch(
  context: JobContext,
  { candles: parts, requested, offMinute }: Batch,
  nowMs: number,
  options: WriteOptions,
): Promise<WriteCounts> {
  const candles = joinColumns(parts);
  const counts = await writeCandles(context.store, candles, options);
  const settled = requested
    .map((range) => ({ from: range.from, to: Math.min(range.to, floorMinute(nowMs) - PUBLICATION_DELAY_MS) }))
    .filter((range) => range.to > range.from);
  const absent = subtractRanges(settled, toRanges(candles.openTime));
  const { symbol, jobId, lockWaitMs } = options;
  await recordGaps(context, { symbol, jobId, lockWaitMs, nowMs, requested: settled, absent, offMinute });
  return { ...counts, rebuilt: counts.rebuilt + (await rebuildAfterGaps(context, absent, options)) };
}

/** A run ends at an absent minute: rows after it whose indicators were calculated across it are rebuilt. */
export async function rebuildAfterGaps(
  { store }: JobContext,
  absent: readonly MinuteRange[],
  options: WriteOptions,
): Promise<number> {
  const firstAfter = absent.map((gap) => gap.to);
  let rebuilt = 0;
  for (let i = 0; i < firstAfter.length; i += BATCH_GAPS) {
    rebuilt += await inTransaction(store, async (trx) => {
      await lockSymbol(trx, options.symbol, options.lockWaitMs);
      return rebuildAffected(trx, options, firstAfter.slice(i, i + BATCH_GAPS));
    });
  }
  return rebuilt;
}
