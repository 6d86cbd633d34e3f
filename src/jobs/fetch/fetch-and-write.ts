import type { Candle } from '../../core/candle.js';
import { throwIfStopped } from '../../core/failure.js';
import { floorMinute } from '../../core/minute.js';
import { intersect, type MinuteRange, subtractRanges, sumMinutes, toRanges } from '../../core/range.js';
import { lockSymbol } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
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
const BATCH_CANDLES = 10_000;

/**
 * Asks Binance for what a plan wants and writes the answers, batch by batch, while further requests are under way.
 *
 * What Binance does not have goes to the known gaps. When a request fails, what was fetched before it is kept.
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
  const total = sumMinutes(plan.wanted);
  let counts = NO_COUNTS;
  let done = 0;
  let batch: Batch = EMPTY_BATCH;
  const flush = async () => {
    counts = addCounts(counts, await writeBatch(context, batch, nowMs, options));
    done += sumMinutes(batch.asked);
    batch = EMPTY_BATCH;
    context.onProgress?.({ symbol: options.symbol, done, total, unit: 'minutes' });
  };
  try {
    for await (const fetched of fetchInOrder(context, options.symbol, plan.requests)) {
      batch = addToBatch(batch, fetched, plan.wanted);
      if (batch.candles.length < BATCH_CANDLES) continue;
      await flush();
      throwIfStopped(context.signal);
    }
  } finally {
    await flush();
  }
  return counts;
}

/** Answers that wait to be written, with the minutes that were asked for. */
interface Batch {
  candles: readonly Candle[];
  asked: readonly MinuteRange[];
}

const EMPTY_BATCH: Batch = { candles: [], asked: [] };

/** Adds what was wanted of an answer; a request may span minutes between wanted ones. */
function addToBatch(batch: Batch, { request, candles }: FetchedRange, wanted: readonly MinuteRange[]): Batch {
  const asked = wanted.map((range) => intersect(range, request)).filter((range) => range.to > range.from);
  let place = 0;
  const taken = candles.filter(({ openTime }) => {
    while (place < asked.length && asked[place]!.to <= openTime) place += 1;
    return place < asked.length && asked[place]!.from <= openTime;
  });
  return { candles: [...batch.candles, ...taken], asked: [...batch.asked, ...asked] };
}

async function writeBatch(
  context: JobContext,
  { candles, asked }: Batch,
  nowMs: number,
  options: WriteOptions,
): Promise<WriteCounts> {
  const counts = await writeCandles(context.store, candles, options);
  const settled = asked
    .map((range) => ({ from: range.from, to: Math.min(range.to, floorMinute(nowMs) - PUBLICATION_DELAY_MS) }))
    .filter((range) => range.to > range.from);
  const absent = subtractRanges(settled, toRanges(candles.map((candle) => candle.openTime)));
  const { symbol, jobId, lockWaitMs } = options;
  await recordGaps(context, { symbol, jobId, lockWaitMs, nowMs, asked: settled, absent });
  return { ...counts, rebuilt: counts.rebuilt + (await rebuildAfterGaps(context, absent, options)) };
}

/** A run begins behind minutes that nobody has: rows there whose indicators reach across them are put right. */
async function rebuildAfterGaps(
  { store }: JobContext,
  absent: readonly MinuteRange[],
  options: WriteOptions,
): Promise<number> {
  if (absent.length === 0) return 0;
  return inTransaction(store, async (trx) => {
    await lockSymbol(trx, options.symbol, options.lockWaitMs);
    return rebuildAffected(
      trx,
      options,
      absent.map((gap) => gap.to),
    );
  });
}
