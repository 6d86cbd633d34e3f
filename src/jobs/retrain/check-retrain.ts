import { Failure, throwIfStopped } from '../../core/failure.js';
import type { MinuteRange } from '../../core/range.js';
import { maskCommand } from '../../core/secrets.js';
import { inTransaction } from '../../database/transaction.js';
import { appendGithubOutput } from '../../monitoring/github-output.js';
import { WINDOW_MINUTES } from '../../quality/assess-readiness.js';
import type { RetrainLimits } from '../../quality/assess-retrain.js';
import { saveTraining } from '../../tables/trainings.js';
import type { JobOptions, JobResult, StoreContext, SymbolOutcome } from '../job.js';
import { withJob } from '../run-job.js';
import { type AssessedSymbol, assessSymbols, type RetrainVerdict } from './assess-symbols.js';
import { dueReasons, type HookResults, isTrainingRunning, type RetrainHooks, runHooks } from './retrain-hooks.js';

const DEFAULT_THRESHOLD = 0.05;

export interface CheckRetrainOptions extends JobOptions, Omit<RetrainLimits, 'threshold'>, RetrainHooks {
  /** The share of replaced rows above which a training is due. Default 0.05. */
  threshold?: number | undefined;
  /** The last rows to look at. Default 600. */
  window?: number | undefined;
  /** Record a training of what is there now, of every symbol. */
  markTrained?: boolean | undefined;
  /** The file that a step of GitHub Actions leaves its outputs in. */
  githubOutput?: string | undefined;
}

/** Whether a symbol is due for another training, and why. */
export interface CheckRetrainSummary extends RetrainVerdict {
  /** What this run recorded as trained on. */
  marked: (MinuteRange & { rows: number }) | null;
}

export type CheckRetrainResult = JobResult<CheckRetrainSummary> &
  HookResults & {
    /** Whether any of the symbols is due. */
    isDue: boolean;
  };

/**
 * Says for each symbol whether another training is due and why; when any is, tells the hooks.
 *
 * A program that succeeds is recorded as a training of the symbols that it was told of, over the rows as they were
 * before it began: what was written meanwhile counts for the next one.
 */
export async function checkRetrain(context: StoreContext, options: CheckRetrainOptions): Promise<CheckRetrainResult> {
  const { window = WINDOW_MINUTES, threshold = DEFAULT_THRESHOLD, markTrained = false, githubOutput } = options;
  const limits = { ...options, threshold };
  const ends: HookResults = { webhook: null, exec: null };
  let due: AssessedSymbol[] = [];
  const record = {
    command: 'check-retrain',
    arguments: describeArguments(options, { window, threshold, markTrained }),
    countsOf: ({ replaced }: CheckRetrainSummary) => ({ replaced }),
  };
  const result = await withJob<CheckRetrainSummary>(context, options, record, async (symbols, jobId, taken) => {
    const judged = await assessSymbols(context.store.knex, symbols, window, limits);
    due = judged.filter(({ summary }) => summary.isDue);
    if (githubOutput) appendGithubOutput(githubOutput, describeForGithub(due));
    throwIfStopped(context.signal);
    const mayCall = due.length > 0 && !(options.exec && (await isTrainingRunning(context, options, symbols)));
    // two programs must not train the same: ours ends when another run has come to hold the symbols
    const stopped = { ...context, signal: AbortSignal.any([taken, ...(context.signal ? [context.signal] : [])]) };
    const failure = mayCall ? await failureOf(runHooks(stopped, options, { symbols: due, jobId }, ends)) : null;
    const isTrained = ends.exec !== null && !failure;
    const trained = markTrained ? judged : isTrained ? due : [];
    await recordTrainings(context, trained, jobId);
    return judged.map((one) => toOutcome(one, trained.includes(one), failure));
  });
  return { ...result, isDue: due.length > 0, ...ends };
}

/** What `chartctl_jobs` keeps of the call: of an address only the host, of a program no passwords, for it is shown. */
function describeArguments(
  { maxAgeMs, minNewRows, maxFallback, exec, webhook }: CheckRetrainOptions,
  always: Record<string, unknown>,
): Record<string, unknown> {
  const hooks = { exec: exec && maskCommand(exec.command), webhook: webhook && new URL(webhook.url).host };
  return { ...always, maxAgeMs, minNewRows, maxFallback, ...hooks };
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

/** Why the hooks failed; null when all went well. An interruption, or a bug, is thrown on. */
async function failureOf(work: Promise<void>): Promise<Failure | null> {
  try {
    await work;
    return null;
  } catch (error) {
    const isForeseen = error instanceof Failure && (error.kind === 'failed' || error.kind === 'temporary');
    if (isForeseen) return error;
    throw error;
  }
}

/** Records what was judged as trained on: all symbols or none. */
async function recordTrainings({ store }: StoreContext, trained: readonly AssessedSymbol[], jobId: number) {
  if (trained.length === 0) return;
  await inTransaction(store, async (trx) => {
    for (const { symbol, seen } of trained) {
      if (!seen) continue; // there is no row that anything could be trained on
      const { rows, writtenUntil, ...range } = seen;
      await saveTraining(trx, { jobId, kind: 'mark', symbol, range, rows, writtenUntil });
    }
  });
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
