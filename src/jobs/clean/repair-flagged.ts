import { floorMinute } from '../../core/minute.js';
import { subtractRanges, toRanges } from '../../core/range.js';
import { findFlagged } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import { packRequests } from '../fetch/binance-requests.js';
import { fetchAndWrite } from '../fetch/fetch-and-write.js';
import type { JobContext } from '../job.js';
import { NO_COUNTS, type WriteCounts } from '../write/upsert-candles.js';

/** Whose flagged rows are fetched again. */
export interface RepairWork {
  symbol: string;
  jobId: number;
  lockWaitMs: number;
  /** The exchange's clock. */
  nowMs: number;
  keepFlagged: boolean;
}

/**
 * Fetches the flagged minutes of a symbol from Binance: other numbers replace the row, the same numbers resolve the flag.
 * Known gaps are skipped until they are due for another request, and minutes that have not closed until they have.
 */
export async function repairFlagged(context: JobContext, work: RepairWork): Promise<WriteCounts> {
  const { nowMs, ...options } = work;
  const { knex } = context.store;
  const found = await findFlagged(knex, work.symbol, { exceptKept: work.keepFlagged });
  const flagged = toRanges(found.filter((minute) => minute < floorMinute(nowMs)));
  if (flagged.length === 0) return NO_COUNTS;
  const known = await findGapsIn(knex, work.symbol, { from: flagged[0]!.from, to: flagged.at(-1)!.to });
  const notDue = known.filter((gap) => gap.askAgainAt > nowMs);
  const wanted = subtractRanges(flagged, notDue);
  const plan = { wanted, requests: packRequests(wanted) };
  return fetchAndWrite(context, plan, nowMs, {
    ...options,
    reason: 'clean --repair',
    sourceOf: () => 'BINANCE_BACKFILL',
  });
}
