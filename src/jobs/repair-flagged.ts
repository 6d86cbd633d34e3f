import { toRanges } from '../core/range.js';
import { findFlagged } from '../store/flags.js';
import type { JobContext } from './context.js';
import { fetchAndWrite } from './fetch-and-write.js';
import { packRequests } from './plan-backfill.js';
import type { WriteCounts } from './write-candles.js';

export interface RepairWork {
  symbol: string;
  jobId: number;
  lockWaitMs: number;
  /** The exchange's clock. */
  nowMs: number;
  keepFlagged: boolean;
}

/** Asks Binance again for every flagged minute of a symbol: other numbers replace the row, the same ones lift the flag. */
export async function repairFlagged(context: JobContext, work: RepairWork): Promise<WriteCounts> {
  const { nowMs, ...options } = work;
  const flagged = await findFlagged(context.store.knex, work.symbol, { exceptKept: work.keepFlagged });
  const wanted = toRanges(flagged);
  const plan = { wanted, requests: packRequests(wanted) };
  return fetchAndWrite(context, plan, nowMs, {
    ...options,
    reason: 'clean --repair',
    sourceOf: () => 'BINANCE_BACKFILL',
  });
}
