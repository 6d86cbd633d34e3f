import { floorMinute, type Minute } from '../../core/minute.js';
import { subtractRanges, toRanges } from '../../core/range.js';
import { readDatabaseClock } from '../../database/server-facts.js';
import type { Db } from '../../database/store.js';
import { inTransaction, withRetries, withRollback } from '../../database/transaction.js';
import { type CleanRule, DEFAULT_RULES, type RuleSettings, withRuleDefaults } from '../../quality/rules/rules.js';
import { pruneHistory } from '../../tables/changes.js';
import { findFlagged } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import { pruneJobs } from '../../tables/jobs.js';
import { countFlaggedRows } from '../../tables/rolling-chart-data/read-rows.js';
import { packRequests } from '../fetch/binance-requests.js';
import { fetchAndWrite } from '../fetch/fetch-and-write.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult } from '../job.js';
import { readClock } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { addCounts, NO_COUNTS, type WriteCounts } from '../write/upsert-candles.js';
import { type CleanChange, type CleanPolicy, countChanges } from './clean-change.js';
import { type Cleaned, cleanRows } from './clean-rows.js';

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

const DAY_MS = 86_400_000;

export interface CleanOptions extends JobOptions {
  /** Volumes above mean + sigma * standard deviation are flagged. Default 3. */
  sigma?: number | undefined;
  /** Consecutive dead minutes from which on the rule `flat_price` flags them. Default 10. */
  flatMinutes?: number | undefined;
  /** The rules to flag by. Default: `unsound` and `volume_spike`. */
  rules?: readonly CleanRule[] | undefined;
  /** Ask Binance again for every flagged row. */
  repair?: boolean | undefined;
  /** Rows whose numbers Binance confirms stay flagged. */
  keepFlagged?: boolean | undefined;
  /** Flags that a person lifts. */
  accept?: { minutes: readonly Minute[] | 'all-open'; reason: string } | undefined;
  /** Remove what is older than this many days, but never the window and its warm-up. */
  keepDays?: number | undefined;
  /** Forget what the audit says about changes older than this many days; they cannot be undone any more. */
  keepHistoryDays?: number | undefined;
  /** Only list what would change. */
  dryRun?: boolean | undefined;
}

/** What a cleaning did for one symbol. */
export interface CleanSummary {
  /** The symbol's rows now. */
  rows: number;
  /** Those of them that are flagged. */
  openFlags: number;
  /** Rows that were off the minute and were moved to it. */
  moved: number;
  /** Rows that another one of the same minute made needless. */
  duplicates: number;
  /** Newly raised flags by rule, of the rules that are on; a row may have several. */
  flagged: Partial<Record<CleanRule, number>>;
  /** Newly flagged candles that cannot be. */
  unsound: number;
  /** Newly flagged volumes above the limit. */
  spikes: number;
  /** Flagged rows that Binance gave other numbers for. */
  repaired: number;
  /** Flagged rows that Binance gave the same numbers for. */
  confirmed: number;
  /** Flags that were lifted by hand, with `accept`. */
  accepted: number;
  /** Rows that were older than `keepDays`. */
  pruned: number;
  /** Records of the audit that were forgotten. */
  forgotten: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** The volume from which a row is a spike; null where no row has a volume, or the rule is off. */
  threshold: number | null;
  /** What would change, in a dry run. */
  changes: CleanChange[];
}

/** Tidies each symbol's rows in one transaction, flags what is abnormal, and rebuilds the indicators of all that changed. */
export async function clean(context: JobContext, options: CleanOptions): Promise<JobResult<CleanSummary>> {
  const needsClock = options.repair || options.keepDays !== undefined;
  const nowMs = needsClock ? (await readClock(context)).nowMs : null;
  const { sigma, flatMinutes, rules } = withDefaults(options);
  const { repair, keepFlagged, accept, keepDays, keepHistoryDays } = options;
  return runJob(context, options, {
    command: 'clean',
    arguments: { sigma, flatMinutes, rules, repair, keepFlagged, accept: accept?.reason, keepDays, keepHistoryDays },
    isQuestion: options.dryRun,
    work: (symbol, jobId) => cleanSymbol(context, options, { symbol, jobId, nowMs }),
    finish: async (outcomes) => {
      await pruneOldJobs(context, options);
      return outcomes;
    },
    countsOf: toCounts,
  });
}

interface CleanWork {
  symbol: string;
  jobId: number;
  nowMs: number | null;
}

async function cleanSymbol(context: JobContext, options: CleanOptions, work: CleanWork): Promise<CleanSummary> {
  const { store } = context;
  const { symbol, jobId, nowMs } = work;
  const lockWaitMs = options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS;
  const policy = {
    symbol,
    jobId,
    lockWaitMs,
    ...withDefaults(options),
    accept: options.accept,
    keepFrom: nowMs === null || options.keepDays === undefined ? null : floorMinute(nowMs - options.keepDays * DAY_MS),
  };
  const run = options.dryRun ? withRollback : inTransaction;
  const first = await run(store, (trx) => cleanRows(trx, policy));
  const repairs =
    options.repair && !options.dryRun && nowMs !== null
      ? { symbol, jobId, lockWaitMs, nowMs, keepFlagged: options.keepFlagged ?? false }
      : null;
  const { cleaned, repaired } = repairs
    ? await repairUntilSettled(context, first, policy, repairs)
    : { cleaned: first, repaired: NO_COUNTS };
  const forgotten = options.dryRun ? 0 : await pruneSymbolHistory(context, symbol, options.keepHistoryDays);
  const counts = countChanges(cleaned.changes, policy.rules);
  const { rows, flagged } = repairs || options.dryRun ? await countFlaggedRows(store.knex, symbol) : cleaned.remaining;
  return {
    rows,
    openFlags: flagged,
    ...counts,
    unsound: counts.flagged.unsound ?? 0,
    spikes: counts.flagged.volume_spike ?? 0,
    repaired: repaired.replaced,
    confirmed: repaired.confirmed,
    forgotten,
    rebuilt: cleaned.rebuilt + repaired.rebuilt,
    threshold: cleaned.threshold,
    changes: options.dryRun ? cleaned.changes : [],
  };
}

/**
 * Asks Binance about what is flagged, and cleans again while its numbers replaced some: a false volume that is gone lowers
 * the limit, and what stands out then is asked about, too. So a run that follows finds nothing more to do.
 */
async function repairUntilSettled(
  context: JobContext,
  first: Cleaned,
  tidy: CleanPolicy,
  work: RepairWork,
): Promise<{ cleaned: Cleaned; repaired: WriteCounts }> {
  let cleaned = first;
  let repaired = NO_COUNTS;
  for (;;) {
    const answered = await repairFlagged(context, work);
    repaired = addCounts(repaired, answered);
    if (answered.replaced === 0) return { cleaned, repaired };
    const again = await inTransaction(context.store, (trx) => cleanRows(trx, { ...tidy, accept: undefined }));
    cleaned = {
      ...again,
      changes: [...cleaned.changes, ...again.changes],
      rebuilt: cleaned.rebuilt + again.rebuilt,
    };
    if (again.changes.length === 0) return { cleaned, repaired };
  }
}

/** Removes the symbol's audit records that are older than asked, by the database's clock. */
async function pruneSymbolHistory(
  { store }: JobContext,
  symbol: string,
  keepDays: number | undefined,
): Promise<number> {
  if (keepDays === undefined) return 0;
  return inTransaction(store, async (trx) => {
    return pruneHistory(trx, symbol, await daysAgo(trx, keepDays));
  });
}

/** Removes what is known of jobs that are older than asked, where no change that they made is known any more. */
async function pruneOldJobs({ store, onNotice }: JobContext, { dryRun, keepHistoryDays }: CleanOptions): Promise<void> {
  if (dryRun || keepHistoryDays === undefined) return;
  const forgotten = await withRetries(store, async () =>
    pruneJobs(store.knex, await daysAgo(store.knex, keepHistoryDays)),
  );
  if (forgotten > 0)
    onNotice?.(`forgot ${forgotten} jobs, older than ${keepHistoryDays} days, of which no change is known`);
}

async function daysAgo(db: Db, days: number): Promise<Date> {
  const now = await readDatabaseClock(db);
  return new Date(now.getTime() - days * DAY_MS);
}

function withDefaults(options: CleanOptions): RuleSettings & { rules: readonly CleanRule[] } {
  return { ...withRuleDefaults(options), rules: options.rules ?? DEFAULT_RULES };
}

/** The counters for the job's record: flags of the rules that are off by default under the rules' names. */
function toCounts(summary: CleanSummary): Record<string, number> {
  const { moved, duplicates, unsound, spikes, repaired, confirmed, accepted, pruned, rebuilt } = summary;
  const others = Object.entries(summary.flagged).filter(([rule]) => !DEFAULT_RULES.some((name) => name === rule));
  const flagged = Object.fromEntries(others);
  return { moved, duplicates, unsound, spikes, ...flagged, repaired, confirmed, accepted, pruned, rebuilt };
}
