import { EXIT_CODES, type ExitCode, exitCodeForSymbols, Failure, throwIfStopped } from '../core/failure.js';
import { isSymbol, SYMBOL_FORM } from '../core/symbol.js';
import { toDatabaseFailure } from '../database/connection/database-failure.js';
import { acquireJobLocks } from '../database/job-locks.js';
import { inSnapshot } from '../database/snapshot.js';
import { withRetries } from '../database/transaction.js';
import { finishJob, type JobOutcome, startJob } from '../tables/jobs.js';
import { requireCurrentSchema } from '../tables/migration/require-current-schema.js';
import { findRetired, findRetiredOf } from '../tables/retired-symbols.js';
import { findSymbols, saveSymbols } from '../tables/rolling-chart-data/symbols.js';
import type { JobOptions, JobResult, StoreContext, SymbolOutcome } from './job.js';

/** Symbols processed concurrently on a server; the embedded database has one connection. */
const CONCURRENT_SYMBOLS = { postgres: 4, embedded: 1 };

/** The job number in a read-only job; it is never stored. */
const UNRECORDED_JOB_ID = 0;

/** A read-only job holds no locks, so no other job can take them over. */
const NEVER_ABORTED = new AbortController().signal;

/** Invalid symbols that a message shows; the others are counted. */
const MAX_SHOWN_SYMBOLS = 3;

/** How a job is locked, recorded in `chartctl_jobs`, and turned into an exit code. */
export interface JobRecord<S> {
  command: string;
  /** The options as they are stored in `chartctl_jobs`. */
  arguments: Record<string, unknown>;
  /** Changes nothing: no lock is taken and no job is recorded. */
  readOnly?: boolean | undefined;
  /**
   * Whether the job is also about retired symbols: about all (`included`), or about those that are named. By default none
   * is, so that a schedule which names a retired symbol goes on with the others.
   */
  retired?: 'included' | 'named' | undefined;
  /** Do not run at all if any of the symbols is locked. */
  requiresAllSymbols?: boolean | undefined;
  /** What a symbol's summary leaves undone (exit 3); undefined: nothing. */
  problemOf?(summary: S): Failure | undefined;
  /** The counts for `chartctl_jobs.counts`, summed over the symbols. */
  countsOf?(summary: S): Record<string, number>;
}

/** A job that processes its symbols one by one or concurrently. */
interface JobPlan<S> extends JobRecord<S> {
  /** Symbols processed concurrently; by default as many as suit the database. */
  concurrentSymbols?: number | undefined;
  /** Called once before the first symbol, to load what all symbols share. */
  begin?(symbols: readonly string[]): Promise<void>;
  work(symbol: string, jobId: number): Promise<S>;
  /** Called once after the last symbol, to complete the outcomes with what depends on all symbols. */
  finish?(outcomes: SymbolOutcome<S>[], jobId: number): Promise<SymbolOutcome<S>[]>;
}

/** Runs a command over its symbols. A `Failure` of one symbol does not stop the others; any other error ends the job. */
export function runJob<S>(context: StoreContext, options: JobOptions, plan: JobPlan<S>): Promise<JobResult<S>> {
  return withJob(context, options, plan, async (symbols, jobId) => {
    context.onBegin?.(symbols);
    await plan.begin?.(symbols);
    const outcomes = await runSymbols(context, symbols, jobId, plan);
    return plan.finish ? plan.finish(outcomes, jobId) : outcomes;
  });
}

/**
 * Runs `body` between the steps that all jobs share: check the schema, lock the symbols, record start and end.
 *
 * @param body gets the symbols that no other job of this command has locked; its signal is aborted when the locks are
 *   lost and another job has taken them
 */
export async function withJob<S>(
  context: StoreContext,
  options: JobOptions,
  record: JobRecord<S>,
  body: (symbols: readonly string[], jobId: number, takenOver: AbortSignal) => Promise<SymbolOutcome<S>[]>,
): Promise<JobResult<S>> {
  await requireCurrentSchema(context.store);
  const symbols = await selectSymbols(context, options, record);
  if (record.readOnly) return toResult(null, await body(symbols, UNRECORDED_JOB_ID, NEVER_ABORTED), record);

  const locks = await acquireJobLocks(context.store, record.command, symbols);
  try {
    const { runnable, locked } = excludeLocked(symbols, locks.held, record);
    const reported = options.ifLocked === 'skip' ? skipLocked(context, locked, locks.held) : locked;
    if (runnable.length === 0 && locked.length > 0) return toResult(null, reported, record);
    return await recordJob(context, runnable, record, async (jobId) => {
      const outcomes = await body(runnable, jobId, locks.takenOver);
      return [...outcomes, ...reported];
    });
  } finally {
    if (locks.isLost()) context.onNotice?.(describeLostLock(record.command));
    await locks.release();
  }
}

/** The symbols of a job, without those that are retired. */
async function selectSymbols<S>(
  context: StoreContext,
  { symbols, includesRetired }: JobOptions,
  { retired }: JobRecord<S>,
): Promise<string[]> {
  const { store, onNotice } = context;
  if (symbols === 'all') {
    const all = await findAllSymbols(context);
    if (retired === 'included') return all;
    const left = await findRetired(store.knex);
    const active = all.filter((symbol) => !left.has(symbol));
    if (active.length === 0 && all.length > 0) onNotice?.(`every symbol of the database is retired: ${all.join(', ')}`);
    return active;
  }
  if (includesRetired || retired !== undefined) return [...symbols];
  const skipped = await findRetiredOf(store.knex, symbols);
  for (const symbol of skipped) {
    onNotice?.(`${symbol} is retired and was skipped; to go on with it: chartctl unretire ${symbol}`);
  }
  return symbols.filter((symbol) => !skipped.has(symbol));
}

/** Every valid symbol of the table, for `--all`. Others are skipped, because symbols become part of file names. */
async function findAllSymbols({ store, onNotice }: StoreContext): Promise<string[]> {
  const stored = await inSnapshot(store.knex, findSymbols);
  const invalid = stored.filter((text) => !isSymbol(text));
  if (invalid.length > 0) onNotice?.(describeInvalidSymbols(invalid));
  return stored.filter(isSymbol);
}

function describeInvalidSymbols(texts: readonly string[]): string {
  const shown = texts.slice(0, MAX_SHOWN_SYMBOLS).map((text) => JSON.stringify(text));
  const others = texts.length > MAX_SHOWN_SYMBOLS ? `, and ${texts.length - MAX_SHOWN_SYMBOLS} more` : '';
  return (
    `--all skips rows with an invalid symbol: ${shown.join(', ')}${others}; ` +
    `expected ${SYMBOL_FORM}: rename them in the table`
  );
}

interface LockedSymbol {
  symbol: string;
  failure: Failure;
}

/** Separates the symbols that the job may process from those that it cannot because of another job's locks. */
function excludeLocked<S>(
  symbols: readonly string[],
  held: readonly string[],
  { command, requiresAllSymbols }: JobRecord<S>,
): { runnable: readonly string[]; locked: LockedSymbol[] } {
  const busy = symbols.filter((symbol) => !held.includes(symbol));
  const excluded = requiresAllSymbols && busy.length > 0 ? symbols : busy;
  const locked = excluded.map((symbol) => {
    const cause = held.includes(symbol) ? busy.join(', ') : symbol;
    return { symbol, failure: new Failure('locked', `${cause}: another ${command} is running`, { code: 'LOCKED' }) };
  });
  return { runnable: symbols.filter((symbol) => !excluded.includes(symbol)), locked };
}

/** With `ifLocked: 'skip'` a locked symbol is a notice and has no outcome. */
function skipLocked(
  { onNotice }: StoreContext,
  locked: readonly LockedSymbol[],
  held: readonly string[],
): LockedSymbol[] {
  for (const { symbol, failure } of locked) if (!held.includes(symbol)) onNotice?.(failure.message);
  return [];
}

/** A lost job lock damages no data: each write transaction locks its symbol. */
function describeLostLock(command: string): string {
  return `the connection that held the ${command} locks was lost: another ${command} may have run at the same time`;
}

async function recordJob<S>(
  context: StoreContext,
  symbols: readonly string[],
  record: JobRecord<S>,
  body: (jobId: number) => Promise<SymbolOutcome<S>[]>,
): Promise<JobResult<S>> {
  const { knex, dataDir } = context.store;
  const jobId = await startJob(knex, { command: record.command, arguments: record.arguments, symbols });
  try {
    const result = toResult(jobId, await body(jobId), record);
    const { exitCode, counts, outcomes } = result;
    if (dataDir) saveSymbols(dataDir, symbolsWithSummary(outcomes));
    const error = outcomes.find(({ failure }) => failure)?.failure?.message;
    const end = { outcome: toOutcome(exitCode), exitCode, counts, error };
    await withRetries(context.store, () => finishJob(knex, jobId, end), ['ETIMEDOUT']);
    return result;
  } catch (error) {
    const exitCode = error instanceof Failure ? error.exitCode : EXIT_CODES.failed;
    const end = { outcome: toOutcome(exitCode), exitCode, counts: {}, error: String(error) };
    await finishJob(knex, jobId, end).catch((recordError: unknown) => {
      context.onNotice?.(`the end of job ${jobId} could not be recorded: ${String(recordError)}`);
    });
    throw error;
  }
}

function symbolsWithSummary<S>(outcomes: readonly SymbolOutcome<S>[]): string[] {
  return outcomes.filter(({ summary }) => summary !== undefined).map(({ symbol }) => symbol);
}

function toOutcome(exitCode: ExitCode): JobOutcome {
  if (exitCode === EXIT_CODES.done || exitCode === EXIT_CODES.due) return 'done';
  if (exitCode === EXIT_CODES.incomplete) return 'incomplete';
  if (exitCode === EXIT_CODES.locked) return 'locked';
  if (exitCode === EXIT_CODES.temporary) return 'temporary';
  if (exitCode === EXIT_CODES.interrupted || exitCode === EXIT_CODES.terminated) return 'interrupted';
  return 'failed';
}

function runSymbols<S>(
  context: StoreContext,
  symbols: readonly string[],
  jobId: number,
  plan: JobPlan<S>,
): Promise<SymbolOutcome<S>[]> {
  const limit = plan.concurrentSymbols ?? CONCURRENT_SYMBOLS[context.store.kind];
  return mapConcurrently(symbols, limit, async (symbol) => {
    try {
      throwIfStopped(context.signal);
      return { symbol, summary: await plan.work(symbol, jobId) };
    } catch (error) {
      const failure = toDatabaseFailure(error, context.store.label);
      if (failure instanceof Failure) return { symbol, failure };
      throw failure;
    } finally {
      context.onSymbolEnd?.(symbol);
    }
  });
}

function toResult<S>(jobId: number | null, ended: SymbolOutcome<S>[], record: JobRecord<S>): JobResult<S> {
  const outcomes = ended.map((outcome) => {
    const problem = outcome.summary === undefined ? undefined : record.problemOf?.(outcome.summary);
    return problem ? { ...outcome, problem } : outcome;
  });
  const exitCode = exitCodeForSymbols(outcomes.map(({ failure, problem }) => ({ failure, incomplete: !!problem })));
  return { jobId, exitCode, outcomes, counts: sumCounts(outcomes, record) };
}

function sumCounts<S>(outcomes: readonly SymbolOutcome<S>[], record: JobRecord<S>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { summary } of outcomes) {
    if (summary === undefined) continue;
    for (const [name, count] of Object.entries(record.countsOf?.(summary) ?? {}))
      sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** Maps items with at most `limit` in progress. The first error is thrown once the items in progress have ended. */
async function mapConcurrently<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let hasFailed = false;
  const worker = async () => {
    while (next < items.length && !hasFailed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  const failed = workers.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return results;
}
