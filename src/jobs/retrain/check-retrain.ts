import { Failure, throwIfStopped } from '../../core/failure.js';
import { DEFAULTS } from '../../core/limits.js';
import { floorMinute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { maskCommand } from '../../core/secrets.js';
import { appendGithubOutput } from '../../monitoring/github-output.js';
import { WINDOW_MINUTES } from '../../quality/window.js';
import type { RetrainLimits } from '../../quality/assess-retrain.js';
import { saveTrainings } from '../../tables/trainings.js';
import type { JobContext, JobOptions, JobResult, StoreContext, SymbolOutcome } from '../job.js';
import { readClock } from '../read-clock.js';
import { withJob } from '../run-job.js';
import { type AssessedSymbol, assessSymbols, type RetrainVerdict } from './assess-symbols.js';
import { dueReasons, type HookResults, isTrainingRunning, type RetrainHooks, runHooks } from './retrain-hooks.js';

export interface CheckRetrainOptions extends JobOptions, Omit<RetrainLimits, 'threshold'>, RetrainHooks {
  /** The share of replaced rows above which a training is due. Default 0.05. */
  threshold?: number | undefined;
  /** The number of newest rows to assess. Default 600. */
  window?: number | undefined;
  /** Record a training of the current rows of every symbol. */
  markTrained?: boolean | undefined;
  /** The output file of a GitHub Actions step. */
  githubOutput?: string | undefined;
}

/** Whether a symbol is due for another training, and why. */
export interface CheckRetrainSummary extends RetrainVerdict {
  /** The rows that this run recorded as trained. */
  marked: (MinuteRange & { rows: number }) | null;
}

export type CheckRetrainResult = JobResult<CheckRetrainSummary> &
  HookResults & {
    /** Whether any of the symbols is due. */
    isDue: boolean;
  };

/**
 * Determines for each symbol whether another training is due and why; if any is, runs the hooks.
 *
 * If the training program succeeds, a training of the due symbols is recorded. It covers the rows that were there before
 * the program started: rows written later count for the next training.
 */
export async function checkRetrain(context: JobContext, options: CheckRetrainOptions): Promise<CheckRetrainResult> {
  const { window = WINDOW_MINUTES, threshold = DEFAULTS.threshold, markTrained = false, githubOutput } = options;
  const limits = { ...options, threshold };
  const hookResults: HookResults = { webhook: null, exec: null };
  const closedUntil = floorMinute((await readClock(context)).nowMs);
  let due: AssessedSymbol[] = [];
  const record = {
    command: 'check-retrain',
    arguments: describeArguments(options, { window, threshold, markTrained }),
    countsOf: ({ replaced }: CheckRetrainSummary) => ({ replaced }),
  };
  const result = await withJob<CheckRetrainSummary>(context, options, record, async (symbols, jobId, takenOver) => {
    const assessed = await assessSymbols(context.store.knex, symbols, { window, limits, closedUntil });
    due = assessed.filter(({ summary }) => summary.isDue);
    if (githubOutput) appendGithubOutput(githubOutput, describeForGithub(due));
    throwIfStopped(context.signal);
    const runsHooks = due.length > 0 && !(options.exec && (await isTrainingRunning(context, options, symbols)));
    // the program is stopped when another run has taken over the locks: two programs must not train the same symbols
    const signal = context.signal ? AbortSignal.any([takenOver, context.signal]) : takenOver;
    const running = { symbols: due, jobId };
    const failure = runsHooks
      ? await catchFailure(runHooks({ ...context, signal }, options, running, hookResults))
      : null;
    const isTrained = hookResults.exec !== null && !failure;
    const trained = markTrained ? assessed : isTrained ? due : [];
    await recordTrainings(context, trained, jobId);
    return assessed.map((symbol) => toOutcome(symbol, trained.includes(symbol), failure));
  });
  return { ...result, isDue: due.length > 0, ...hookResults };
}

/** The options as stored in `chartctl_jobs`, where users can read them: only the host of a URL, no passwords. */
function describeArguments(
  { maxAgeMs, minNewRows, maxFallback, maxDrift, exec, webhook }: CheckRetrainOptions,
  always: Record<string, unknown>,
): Record<string, unknown> {
  const hooks = { exec: exec && maskCommand(exec.command), webhook: webhook && new URL(webhook.url).host };
  return { ...always, maxAgeMs, minNewRows, maxFallback, maxDrift, ...hooks };
}

function describeForGithub(due: readonly AssessedSymbol[]): Record<string, string> {
  const lines = due.flatMap(({ symbol, summary }) =>
    summary.reasons.filter(({ isDue }) => isDue).map(({ text }) => `${symbol}: ${text}`),
  );
  return {
    due: String(due.length > 0),
    symbols: due.map(({ symbol }) => symbol).join(','),
    reasons: dueReasons(due).join(','),
    reason: lines.join('\n'),
  };
}

/** The failure of the hooks; null if they succeeded. An interruption or a bug is thrown. */
async function catchFailure(work: Promise<void>): Promise<Failure | null> {
  try {
    await work;
    return null;
  } catch (error) {
    const isHookFailure = error instanceof Failure && (error.kind === 'failed' || error.kind === 'temporary');
    if (isHookFailure) return error;
    throw error;
  }
}

/** Records the assessed rows as trained, for all symbols or none. */
async function recordTrainings({ store }: StoreContext, trained: readonly AssessedSymbol[], jobId: number) {
  const trainings = trained.flatMap(({ symbol, seen }) => {
    if (!seen) return []; // without rows there is nothing to train on
    const { rows, writtenUntil, ...range } = seen;
    return { symbol, range, rows, writtenUntil };
  });
  await saveTrainings(store, { jobId, kind: 'mark' }, trainings);
}

function toOutcome(
  { symbol, summary, seen }: AssessedSymbol,
  isTrained: boolean,
  failure: Failure | null,
): SymbolOutcome<CheckRetrainSummary> {
  const marked = isTrained && seen ? { from: seen.from, to: seen.to, rows: seen.rows } : null;
  const outcome = { symbol, summary: { ...summary, marked } };
  return failure && summary.isDue ? { ...outcome, failure } : outcome;
}
