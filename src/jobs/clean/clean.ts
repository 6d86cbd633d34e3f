import { Failure } from '../../core/failure.js';
import { DAY_MS, floorMinute, formatMinute, type Minute } from '../../core/minute.js';
import type { Store } from '../../database/store.js';
import { inTransaction, withRollback } from '../../database/transaction.js';
import {
  type CleanRule,
  DEFAULT_RULES,
  type RuleOptions,
  type RuleSettings,
  withRuleDefaults,
} from '../../quality/rules/rules.js';
import { openCompressedChunks } from '../../tables/engine/timescaledb/compressed-chunks.js';
import { findLaterRows, type LaterRows } from '../../tables/rolling-chart-data/later-rows.js';
import { countFlaggedRows } from '../../tables/rolling-chart-data/read-rows.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext, type JobOptions, type JobResult, type SymbolOutcome } from '../job.js';
import { readClock } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { addCounts, NO_COUNTS, type WriteCounts } from '../write/upsert-candles.js';
import { type CleanChange, type CleanPolicy, countChanges } from './clean-change.js';
import { type Cleaned, cleanRows } from './clean-rows.js';
import { dropOldChunks, pruneOldJobs, pruneSymbolHistory } from './prune.js';
import { repairFlagged, type RepairWork } from './repair-flagged.js';

/** `sigma` and `flatMinutes` are options of rules, see `RULES`. */
export interface CleanOptions extends JobOptions, RuleOptions {
  /** The active rules. Default: `unsound` and `volume_spike`. */
  rules?: readonly CleanRule[] | undefined;
  /** Fetch every flagged row from Binance again. */
  repair?: boolean | undefined;
  /** Rows whose numbers Binance confirms stay flagged. */
  keepFlagged?: boolean | undefined;
  /** Flags that the user accepts. */
  accept?: { minutes: readonly Minute[] | 'all-open'; reason: string } | undefined;
  /** Remove rows older than this many days, but never the window and its warm-up. */
  keepDays?: number | undefined;
  /** Remove audit records older than this many days; those changes can no longer be undone. */
  keepHistoryDays?: number | undefined;
  /** Remove rows that are later than the exchange's clock. */
  removeFuture?: boolean | undefined;
  /** Only list what would change. */
  dryRun?: boolean | undefined;
}

/** The result of a cleaning for one symbol. */
export interface CleanSummary {
  /** The symbol's rows after the job. */
  rows: number;
  /** Flagged rows after the job. */
  openFlags: number;
  /** Rows off the minute that were moved to it. */
  moved: number;
  /** Rows removed because another one has the same minute. */
  duplicates: number;
  /** New flags by active rule; a row may have several. */
  flagged: Partial<Record<CleanRule, number>>;
  /** Newly flagged unsound candles. */
  unsound: number;
  /** Newly flagged volumes above the threshold. */
  spikes: number;
  /** Flagged rows that were replaced by other numbers of Binance. */
  repaired: number;
  /** Flagged rows whose numbers Binance confirmed. */
  confirmed: number;
  /** Flags accepted by the user, with `accept`. */
  accepted: number;
  /** Rows removed because of `keepDays`. */
  pruned: number;
  /** Rows removed because of `removeFuture`. */
  removed: number;
  /** The rows later than the exchange's clock that remain; null if there are none, or if the clock was not needed. */
  beyondClock: LaterRows | null;
  /** Audit records removed because of `keepHistoryDays`. */
  forgotten: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** The volume above which a row is a spike; null if no row has a volume or the rule is not active. */
  threshold: number | null;
  /** In a dry run: the changes that would be made. */
  changes: CleanChange[];
}

/** Cleans each symbol in one transaction: removes duplicates, flags abnormal rows, and rebuilds the indicators affected. */
export async function clean(context: JobContext, options: CleanOptions): Promise<JobResult<CleanSummary>> {
  const nowMs = await readNow(context, options);
  const { repair, keepFlagged, accept, keepDays, keepHistoryDays, removeFuture } = options;
  return runJob(context, options, {
    command: 'clean',
    arguments: {
      ...withDefaults(options),
      repair,
      keepFlagged,
      accept: accept?.reason,
      keepDays,
      keepHistoryDays,
      removeFuture,
    },
    readOnly: options.dryRun,
    work: (symbol, jobId) => cleanSymbol(context, options, { symbol, jobId, nowMs }),
    finish: async (outcomes) => {
      if (accept) noteUnaccepted(context, accept.minutes, outcomes);
      if (options.dryRun) return outcomes;
      if (keepHistoryDays !== undefined) await pruneOldJobs(context, keepHistoryDays);
      if (keepDays !== undefined && nowMs !== null) await dropOldChunks(context, new Date(nowMs - keepDays * DAY_MS));
      return outcomes;
    },
    countsOf: toCounts,
  });
}

/** Says so when no flag was there to be accepted, which is a wrong time or symbol. */
function noteUnaccepted(
  { onNotice }: JobContext,
  minutes: readonly Minute[] | 'all-open',
  outcomes: readonly SymbolOutcome<CleanSummary>[],
): void {
  const cleaned = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, summary }] : []));
  const accepted = cleaned.reduce((sum, { summary }) => sum + summary.accepted, 0);
  if (cleaned.length === 0 || (minutes === 'all-open' ? accepted > 0 : accepted >= minutes.length)) return;
  const rows = cleaned.length === 1 ? `no row of ${cleaned[0]!.symbol}` : `no row of the ${cleaned.length} symbols`;
  if (minutes === 'all-open') return onNotice?.(`nothing to accept: ${rows} was flagged before`);
  const times = minutes.map(formatMinute).join(', ');
  onNotice?.(
    accepted === 0
      ? `nothing to accept: ${rows} is flagged at ${times}`
      : `${accepted} of ${minutes.length} minutes to accept: ${rows} is flagged at the others of ${times}`,
  );
}

/**
 * The exchange's clock, null if the options do not need it.
 *
 * @throws Failure (temporary) `CLOCK_UNKNOWN` when rows later than the clock are to be removed and Binance gives no time:
 *   with a wrong local clock that would remove good rows
 */
async function readNow(context: JobContext, options: CleanOptions): Promise<number | null> {
  const { repair, keepDays, removeFuture, dryRun } = options;
  if (!repair && keepDays === undefined && !removeFuture && !dryRun) return null;
  const { nowMs, source } = await readClock(context);
  if (source === 'exchange' || !removeFuture) return nowMs;
  throw new Failure('temporary', "rows later than the exchange's clock are not removed: Binance gave no time", {
    code: 'CLOCK_UNKNOWN',
    hint: 'try again when Binance answers; the local clock may be wrong',
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
    closedUntil: nowMs === null ? null : floorMinute(nowMs),
    removeFuture: options.removeFuture ?? false,
    keepFrom: nowMs === null || options.keepDays === undefined ? null : floorMinute(nowMs - options.keepDays * DAY_MS),
  };
  const first = options.dryRun
    ? await withRollback(store, (trx) => cleanRows(trx, policy))
    : await cleanInTransaction(store, policy);
  const repairs =
    options.repair && !options.dryRun && nowMs !== null
      ? { symbol, jobId, lockWaitMs, nowMs, keepFlagged: options.keepFlagged ?? false }
      : null;
  const { cleaned, repaired } = repairs
    ? await repairUntilSettled(context, first, policy, repairs)
    : { cleaned: first, repaired: NO_COUNTS };
  const forgotten =
    options.dryRun || options.keepHistoryDays === undefined
      ? 0
      : await pruneSymbolHistory(context, symbol, options.keepHistoryDays);
  const counts = countChanges(cleaned.changes, policy.rules);
  const later = nowMs === null ? null : await findLaterRows(store.knex, [symbol], floorMinute(nowMs));
  const { rows, flagged } = repairs || options.dryRun ? await countFlaggedRows(store.knex, symbol) : cleaned.remaining;
  return {
    rows,
    openFlags: flagged,
    ...counts,
    unsound: counts.flagged.unsound ?? 0,
    spikes: counts.flagged.volume_spike ?? 0,
    repaired: repaired.replaced,
    confirmed: repaired.confirmed,
    beyondClock: later?.get(symbol) ?? null,
    forgotten,
    rebuilt: cleaned.rebuilt + repaired.rebuilt,
    threshold: cleaned.threshold,
    changes: options.dryRun ? cleaned.changes : [],
  };
}

/**
 * Cleans a symbol in one transaction. Which rows are written is not known before, so compressed chunks are opened only where
 * another job was in the way.
 */
function cleanInTransaction(store: Store, policy: CleanPolicy): Promise<Cleaned> {
  return inTransaction(
    store,
    (trx) => cleanRows(trx, policy),
    [],
    () => openCompressedChunks(store, 'all'),
  );
}

/**
 * Repairs flagged rows and cleans again until nothing changes. A replaced volume lowers the threshold of the rule
 * `volume_spike`, so further rows may be flagged; without the repetition the next run would have to repair them.
 */
async function repairUntilSettled(
  context: JobContext,
  first: Cleaned,
  policy: CleanPolicy,
  work: RepairWork,
): Promise<{ cleaned: Cleaned; repaired: WriteCounts }> {
  let cleaned = first;
  let repaired = NO_COUNTS;
  for (;;) {
    const counts = await repairFlagged(context, work);
    repaired = addCounts(repaired, counts);
    if (counts.replaced === 0) return { cleaned, repaired };
    const again = await cleanInTransaction(context.store, { ...policy, accept: undefined });
    cleaned = {
      ...again,
      changes: [...cleaned.changes, ...again.changes],
      rebuilt: cleaned.rebuilt + again.rebuilt,
    };
    if (again.changes.length === 0) return { cleaned, repaired };
  }
}

function withDefaults(options: CleanOptions): RuleSettings & { rules: readonly CleanRule[] } {
  return { ...withRuleDefaults(options), rules: options.rules ?? DEFAULT_RULES };
}

/** The counts for the job's record. Rules that are not active by default are counted under their names. */
function toCounts(summary: CleanSummary): Record<string, number> {
  const { moved, duplicates, unsound, spikes, repaired, confirmed, accepted, pruned, rebuilt } = summary;
  const others = Object.entries(summary.flagged).filter(([rule]) => !DEFAULT_RULES.some((name) => name === rule));
  const flagged = Object.fromEntries(others);
  return { moved, duplicates, unsound, spikes, ...flagged, repaired, confirmed, accepted, pruned, rebuilt };
}
