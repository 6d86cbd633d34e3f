import type { HourTrade } from '../../core/coverage.js';
import { DEFAULTS } from '../../core/limits.js';
import { ceilMinute, DAY_MS, FIRST_CANDLE, floorMinute, HOUR_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { findErrorCode } from '../../database/connection/database-failure.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Transaction } from '../../database/store.js';
import { QUERY_CANCELED, withStatementTimeout } from '../../database/transaction.js';
import { WINDOW_MINUTES, windowAt } from '../../quality/window.js';
import { type ListedGap, listGaps } from '../../quality/gaps.js';
import { countFlags } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import { type AsOf, findInstant } from '../../tables/past/instant.js';
import { findRetired, type Retirement } from '../../tables/retired-symbols.js';
import { countBySource, findMissing, sumByHour } from '../../tables/rolling-chart-data/coverage.js';
import { findLaterRows } from '../../tables/rolling-chart-data/later-rows.js';
import { takeInventory } from '../../tables/rolling-chart-data/inventory.js';
import { findNewestMinute, findSpan } from '../../tables/rolling-chart-data/row-ends.js';
import { measureCoverage } from '../coverage-parts.js';
import type { JobContext, JobOptions, JobResult } from '../job.js';
import { assessWindow } from '../assess-window.js';
import { readClock, readPastClock } from '../read-clock.js';
import { requireStored } from '../require-stored.js';
import { runJob } from '../run-job.js';
import { compareSources } from './compare-sources.js';
import { hourBefore, tradeHours } from './hours.js';
import type { StatusSummary } from './status-summary.js';
import { summarizePast } from './past-status.js';

export interface StatusOptions extends JobOptions {
  /** The days of coverage and gaps. Default 3. */
  days?: number | undefined;
  /** Refuse a symbol without rows: it is likely to be misspelt. Without it, its state says that nothing is stored. */
  onlyStored?: boolean | undefined;
  /** Also count gaps that are older than `days`, as far as no statement takes longer than half a second. */
  olderGaps?: boolean | undefined;
  /** Also compare the fallback exchanges with Binance; only this sends requests for candles. */
  sources?: boolean | undefined;
  /** The state at a past time or at the end of a job, as the audit log holds it. */
  asOf?: AsOf | undefined;
}

export type StatusResult = JobResult<StatusSummary> & {
  clock: { minute: Minute; source: 'exchange' | 'local' | 'past' };
};

/** Reports the stored rows, the gaps and their causes, and whether the window is ready. Nothing is changed or recorded. */
export async function status(context: JobContext, options: StatusOptions): Promise<StatusResult> {
  const { days = DEFAULTS.days, asOf } = options;
  const { nowMs, source } = asOf
    ? await readPastClock(context, asOf, ', with the flags of its days')
    : await readClock(context);
  let retired: ReadonlyMap<string, Retirement> = new Map();
  const result = await runJob<StatusSummary>(context, options, {
    command: 'status',
    arguments: {},
    readOnly: true,
    retired: 'included',
    begin: async () => {
      retired = await findRetired(context.store.knex);
    },
    work: async (symbol) => {
      const found = await inSnapshot(context.store.knex, async (trx) => {
        if (options.onlyStored && options.symbols !== 'all') await requireStored(trx, symbol);
        return asOf
          ? summarizePast(trx, symbol, await findInstant(trx, asOf, [symbol]), days)
          : summarizeSymbol(trx, symbol, nowMs, days);
      });
      const olderGaps =
        options.olderGaps && !asOf
          ? await countOlderGaps(context, symbol, floorMinute(nowMs) - days * DAY_MS)
          : undefined;
      const retirement = retired.get(symbol);
      const summary = {
        ...found,
        olderGaps,
        retired: retirement && (!asOf || retirement.retiredAt.getTime() <= nowMs) ? retirement : null,
      };
      if (!options.sources || asOf || summary.retired) return summary;
      return { ...summary, sources: await compareSources(context, symbol, { to: floorMinute(nowMs), days }) };
    },
  });
  return { ...result, clock: { minute: floorMinute(nowMs), source } };
}

/** One scan of the index must not take longer. */
const OLDER_GAPS_TIMEOUT_MS = 500;

async function countOlderGaps({ store }: JobContext, symbol: string, before: Minute): Promise<number | undefined> {
  try {
    return await withStatementTimeout(store.knex, OLDER_GAPS_TIMEOUT_MS, async (trx) => {
      const span = await findSpan(trx, symbol, { from: FIRST_CANDLE, to: before });
      if (!span) return 0;
      return (
        await takeInventory(trx, symbol, { from: ceilMinute(span.first), to: floorMinute(span.last) + MINUTE_MS }, true)
      ).holes;
    });
  } catch (error) {
    if (findErrorCode(error) === QUERY_CANCELED) return undefined;
    throw error;
  }
}

async function summarizeSymbol(
  trx: Transaction,
  symbol: string,
  nowMs: number,
  days: number,
): Promise<Omit<StatusSummary, 'retired' | 'sources'>> {
  const to = floorMinute(nowMs);
  const last = await findNewestMinute(trx, symbol, to);
  const window = windowAt(nowMs, last);
  const { rows: present, valid, bySource } = await countBySource(trx, symbol, window);
  return {
    last: last === null ? null : { minute: last, ageSeconds: Math.floor((nowMs - last - MINUTE_MS) / 1000) },
    window: { ...window, minutes: WINDOW_MINUTES, present, valid, bySource },
    readiness: await assessWindow(trx, symbol, window, valid),
    coverage: await measureCoverage(trx, symbol, { from: hourBefore(to, days * 24), to: window.to }, HOUR_MS),
    trade: await sumHours(trx, symbol, to),
    gaps: await findListedGaps(trx, symbol, { from: to - days * DAY_MS, to: window.to }, last),
    flags: await countFlags(trx, symbol),
    beyondClock: (await findLaterRows(trx, [symbol], to)).get(symbol) ?? null,
  };
}

async function sumHours(trx: Transaction, symbol: string, to: Minute): Promise<HourTrade[]> {
  const hours = tradeHours(to);
  const found = await sumByHour(trx, symbol, { from: hours[0]!, to });
  return hours.map((from) => ({ from, ...(found.get(from) ?? { close: null, volume: null }) }));
}

/** The gaps of a range since the symbol's first row; the minutes before that row are not a gap. */
async function findListedGaps(
  trx: Transaction,
  symbol: string,
  { from, to }: MinuteRange,
  last: Minute | null,
): Promise<ListedGap[]> {
  if (last === null) return [];
  const missing = await findMissing(trx, symbol, { from, to });
  if (missing.length === 0) return [];
  const hasOlder = (await findNewestMinute(trx, symbol, from)) !== null;
  const since = hasOlder ? missing : missing.filter((gap) => gap.from > from);
  return listGaps(since, await findGapsIn(trx, symbol, { from, to }), last);
}
