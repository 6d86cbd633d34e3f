import { subtractRanges, toRanges } from '../../core/range.js';
import { findFlagged } from '../../store/flags.js';
import { findGapsIn } from '../../store/gaps.js';
import type { JobContext } from '../context.js';
import { fetchAndWrite } from '../fetch/fetch-and-write.js';
import { packRequests } from '../fetch/plan-backfill.js';
import { NO_COUNTS, type WriteCounts } from '../write/write-counts.js';

export interface RepairWork {
  symbol: string;
  jobId: number;
  lockWaitMs: number;
  /** The exchange's clock. */
  nowMs: number;
  keepFlagged: boolean;
}

/**
 * Asks Binance again for the flagged minutes of a symbol: other numbers replace the row, the same ones lift the flag.
 *
 * Minutes that Binance said it does not have wait until it is time to ask again.
 */
export async function repairFlagged(context: JobContext, work: RepairWork): Promise<WriteCounts> {
  const { nowMs, ...options } = work;
  const { knex } = context.store;
  const flagged = toRanges(await findFlagged(knex, work.symbol, { exceptKept: work.keepFlagged }));
  if (flagged.length === 0) return NO_COUNTS;
  const known = await findGapsIn(knex, work.symbol, { from: flagged[0]!.from, to: flagged.at(-1)!.to });
  const notYet = known.filter((gap) => gap.askAgainAt > nowMs);
  const wanted = subtractRanges(flagged, notYet);
  const plan = { wanted, requests: packRequests(wanted) };
  return fetchAndWrite(context, plan, nowMs, {
    ...options,
    reason: 'clean --repair',
    sourceOf: () => 'BINANCE_BACKFILL',
  });
}
