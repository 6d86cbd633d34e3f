import { EXIT_CODES, type ExitCode, exitCodeForSymbols, Failure, throwIfStopped } from '../core/failure.js';
import { isSymbol } from '../core/symbol.js';
import { toDatabaseFailure } from '../database/connection/database-failure.js';
import { acquireJobLocks } from '../database/job-locks.js';
import { withRetries } from '../database/transaction.js';
import { finishJob, type JobOutcome, startJob } from '../tables/jobs.js';
import { requireCurrentSchema } from '../tables/migration/require-current-schema.js';
import { findSymbols, rememberSymbols } from '../tables/rolling-chart-data/symbols.js';
import type { JobOptions, JobResult, StoreContext, SymbolOutcome } from './job.js';

/** Texts that are shown; the others are counted. */
const MAX_SHOWN_SYMBOLS = 3;

/**
 * What `--all` means: every symbol of the table that a person could have named.
 *
 * A table that was there before may hold anything in its place. Such rows stay as they are, and it is said that they do:
 * what they are called would get into file names, metrics and commands unchecked.
 */
export async function findAllSymbols({ store, onNotice }: Pick<StoreContext, 'store' | 'onNotice'>): Promise<string[]> {
  const stored = await findSymbols(store.knex);
  const strange = stored.filter((text) => !isSymbol(text));
  if (strange.length > 0) onNotice?.(describeInvalidSymbols(strange));
  return stored.filter(isSymbol);
}

function describeInvalidSymbols(texts: readonly string[]): string {
  const shown = texts.slice(0, MAX_SHOWN_SYMBOLS).map((text) => JSON.stringify(text));
  const others = texts.length > MAX_SHOWN_SYMBOLS ? `, and ${texts.length - MAX_SHOWN_SYMBOLS} more` : '';
  return (
    `--all passes over rows whose symbol is none: ${shown.join(', ')}${others}; ` +
    'expected 1 to 20 of the characters A-Z 0-9 . _ -: rename them in the table'
  );
}

/** Maps items in order with at most `limit` of them under way; the first error ends it once those under way are through. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let hasFailed = false;
  const worker = async () => {
    while (next < items.length && !hasFailed) {
      const place = next++;
      try {
        results[place] = await work(items[place]!);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return results;
}

/** Symbols worked on side by side on a server; the embedded database has one connection. */
const SYMBOLS_AT_ONCE = { postgres: 4, embedded: 1 };

/** What is remembered of a job. */
export interface JobRecord<S> {
  command: string;
  /** The options as they go into `chartctl_jobs`. */
  arguments: Record<string, unknown>;
  /** Changes nothing: no lock is held and no job is recorded. */
  isQuestion?: boolean | undefined;
  /** Without all its symbols the job makes no sense. */
  needsAll?: boolean | undefined;
  /** Whether a symbol's summary leaves something undone (exit 3). */
  isIncomplete?(summary: S): boolean;
  /** What goes into `chartctl_jobs.counts`, summed over the symbols. */
  countsOf?(summary: S): Record<string, number>;
}

/** A job that works on one symbol after the other, or side by side. */
export interface JobPlan<S> extends JobRecord<S> {
  /** Symbols worked on side by side; a few if not given. */
  symbolsAtOnce?: number | undefined;
  /** Once, before the first symbol: what is learnt about all of them together. */
  begin?(symbols: readonly string[]): Promise<void>;
  work(symbol: string, jobId: number): Promise<S>;
  /** Once, when all symbols are through: what only shows over all of them. */
  finish?(outcomes: SymbolOutcome<S>[], jobId: number): Promise<SymbolOutcome<S>[]>;
}

/** The job number that a question works under: it is never stored. */
export const UNRECORDED_JOB_ID = 0;

/** Nobody takes the locks of a question, which has none. */
const NEVER_ABORTED = new AbortController().signal;

/** Runs one command over its symbols; one symbol's failure is kept from the others, a bug ends the job. */
export function runJob<S>(context: StoreContext, options: JobOptions, plan: JobPlan<S>): Promise<JobResult<S>> {
  return withJob(context, options, plan, async (symbols, jobId) => {
    await plan.begin?.(symbols);
    const outcomes = await runSymbols(context, symbols, jobId, plan);
    return plan.finish ? plan.finish(outcomes, jobId) : outcomes;
  });
}

/**
 * The bracket around every job: schema checked, symbols locked, beginning and end recorded.
 *
 * @param body works on the symbols that no other job of this command holds; the signal says that one has come to hold
 *   them, too
 */
export async function withJob<S>(
  context: StoreContext,
  options: JobOptions,
  record: JobRecord<S>,
  body: (symbols: readonly string[], jobId: number, taken: AbortSignal) => Promise<SymbolOutcome<S>[]>,
): Promise<JobResult<S>> {
  const { store } = context;
  await requireCurrentSchema(store);
  const symbols = options.symbols === 'all' ? await findAllSymbols(context) : [...options.symbols];
  if (record.isQuestion) return toResult(null, await body(symbols, UNRECORDED_JOB_ID, NEVER_ABORTED), record);

  const locks = await acquireJobLocks(store, record.command, symbols);
  try {
    const busy = symbols.filter((symbol) => !locks.held.includes(symbol));
    const locked = busy.map((symbol) => ({ symbol, failure: toLockedFailure(symbol, record.command) }));
    const reported = options.ifLocked === 'skip' ? [] : locked;
    if (reported.length === 0) for (const { failure } of locked) context.onNotice?.(failure.message);
    if (busy.length > 0 && record.needsAll)
      return toResult(null, options.ifLocked === 'skip' ? [] : failAllSymbols(symbols, busy, record.command), record);
    if (busy.length > 0 && locks.held.length === 0) return toResult(null, reported, record);
    return await recordJob(context, locks.held, record, async (jobId) => [
      ...(await body(locks.held, jobId, locks.takenOver)),
      ...reported,
    ]);
  } finally {
    if (locks.isLost()) context.onNotice?.(describeLostLock(record.command));
    await locks.release();
  }
}

/** What is written stays right without these locks: each transaction has its symbol's own. */
function describeLostLock(command: string): string {
  return `the connection that kept another ${command} off was lost: one may have run at the same time`;
}

async function recordJob<S>(
  context: StoreContext,
  symbols: readonly string[],
  record: JobRecord<S>,
  body: (jobId: number) => Promise<SymbolOutcome<S>[]>,
): Promise<JobResult<S>> {
  const { knex } = context.store;
  const jobId = await startJob(knex, { command: record.command, arguments: record.arguments, symbols });
  try {
    const result = toResult(jobId, await body(jobId), record);
    const failed = result.outcomes.find(({ failure }) => failure)?.failure;
    const done = result.outcomes.filter(({ summary }) => summary !== undefined).map(({ symbol }) => symbol);
    if (context.store.dataDir) rememberSymbols(context.store.dataDir, done);
    const { exitCode, counts } = result;
    const end = { outcome: toOutcome(exitCode), exitCode, counts, error: failed?.message };
    await withRetries(context.store, () => finishJob(knex, jobId, end), ['ETIMEDOUT']);
    return result;
  } catch (error) {
    const exitCode = error instanceof Failure ? error.exitCode : EXIT_CODES.failed;
    const end = { outcome: toOutcome(exitCode), exitCode, counts: {}, error: String(error) };
    await finishJob(knex, jobId, end).catch((unrecorded: unknown) => {
      context.onNotice?.(`the end of job ${jobId} could not be recorded: ${String(unrecorded)}`);
    });
    throw error;
  }
}

function runSymbols<S>(
  context: StoreContext,
  symbols: readonly string[],
  jobId: number,
  plan: JobPlan<S>,
): Promise<SymbolOutcome<S>[]> {
  return mapConcurrently(symbols, plan.symbolsAtOnce ?? SYMBOLS_AT_ONCE[context.store.kind], async (symbol) => {
    try {
      throwIfStopped(context.signal);
      return { symbol, summary: await plan.work(symbol, jobId) };
    } catch (error) {
      const failure = toDatabaseFailure(error, context.store.label);
      if (failure instanceof Failure) return { symbol, failure };
      throw failure;
    }
  });
}

function toResult<S>(jobId: number | null, outcomes: SymbolOutcome<S>[], record: JobRecord<S>): JobResult<S> {
  const ends = outcomes.map(({ summary, failure }) => ({
    failure,
    incomplete: summary !== undefined && (record.isIncomplete?.(summary) ?? false),
  }));
  return { jobId, exitCode: exitCodeForSymbols(ends), outcomes, counts: sumCounts(outcomes, record) };
}

/** Every symbol of a job that cannot begin because of some. */
function failAllSymbols(
  symbols: readonly string[],
  busy: readonly string[],
  command: string,
): { symbol: string; failure: Failure }[] {
  return symbols.map((symbol) => ({
    symbol,
    failure: toLockedFailure(busy.includes(symbol) ? symbol : busy.join(', '), command),
  }));
}

function toLockedFailure(symbol: string, command: string): Failure {
  return new Failure('locked', `${symbol}: another ${command} is running`, { code: 'LOCKED' });
}

function toOutcome(exitCode: ExitCode): JobOutcome {
  if (exitCode === EXIT_CODES.done || exitCode === EXIT_CODES.due) return 'done';
  if (exitCode === EXIT_CODES.incomplete) return 'incomplete';
  if (exitCode === EXIT_CODES.locked) return 'locked';
  if (exitCode === EXIT_CODES.temporary) return 'temporary';
  if (exitCode === EXIT_CODES.interrupted || exitCode === EXIT_CODES.terminated) return 'interrupted';
  return 'failed';
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
