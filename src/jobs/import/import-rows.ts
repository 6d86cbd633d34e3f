import { throwIfStopped } from '../../core/failure.js';
import { mergeRanges, type MinuteRange, subtractRanges } from '../../core/range.js';
import { readDatabaseClock } from '../../database/server-facts.js';
import { recordArchiveFiles } from '../../tables/archive-files.js';
import { openCompressedChunks } from '../../tables/engine/timescaledb/compressed-chunks.js';
import { findGapsIn } from '../../tables/gaps.js';
import { loadBackfillPlan } from '../backfill/plan-backfill.js';
import { recordGaps } from '../fetch/record-gaps.js';
import type { JobContext } from '../job.js';
import { addCounts, NO_COUNTS, type WriteCounts } from '../write/upsert-candles.js';
import { writeCandles } from '../write/write-candles.js';
import type { CheckedRows } from './import-source.js';

interface RowsWork {
  symbol: string;
  jobId: number;
  nowMs: number;
  lockWaitMs: number;
  /** Only plan. */
  dryRun: boolean;
  /** Minutes that were taken from other files, ordered. */
  exclude: readonly MinuteRange[];
}

/**
 * Writes the candles of a file whose minutes are missing or suspect in the table, and removes the known gaps that the
 * table has rows of now.
 *
 * @returns the minutes that were taken, or with `dryRun` would be
 */
export async function importRows(
  context: JobContext,
  rows: CheckedRows,
  work: RowsWork,
): Promise<{ taken: MinuteRange[]; counts: WriteCounts }> {
  const { store, signal } = context;
  const { symbol, jobId, nowMs, lockWaitMs } = work;
  const range = { from: rows.minutes[0]!.from, to: rows.minutes.at(-1)!.to };
  const { wanted } = await loadBackfillPlan(store, { ignoreKnownGaps: true }, { symbol, range, nowMs });
  const taken = subtractRanges(overlapOf(wanted, rows.minutes), work.exclude);
  let counts = NO_COUNTS;
  if (work.dryRun) return { taken, counts };
  if (taken.length > 0) {
    await recordArchiveFiles(
      store.knex,
      [{ ...rows.facts, symbol, used: taken, jobId }],
      await readDatabaseClock(store.knex),
    );
    await openCompressedChunks(store, taken);
    const options = { symbol, jobId, lockWaitMs, reason: 'import', sourceOf: () => 'BINANCE_BACKFILL' as const };
    for await (const candles of rows.read(taken)) {
      throwIfStopped(signal);
      counts = addCounts(counts, await writeCandles(store, candles, options));
    }
  }
  // also those that another run has filled, which was killed before this
  const known = mergeRanges(await findGapsIn(store.knex, symbol, range));
  const requested = overlapOf(known, rows.minutes);
  await recordGaps(context, { symbol, jobId, lockWaitMs, nowMs, requested, absent: [], offMinute: [] });
  return { taken, counts };
}

/** The minutes that are in both of two ordered lists. */
function overlapOf(a: readonly MinuteRange[], b: readonly MinuteRange[]): MinuteRange[] {
  return subtractRanges(a, subtractRanges(a, b));
}
