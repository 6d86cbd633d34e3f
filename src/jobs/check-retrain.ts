import { Failure } from '../core/failure.js';
import { WINDOW } from '../core/indicator-columns.js';
import { MINUTE_MS } from '../core/minute.js';
import type { Db } from '../store/handles.js';
import { countReplaced, findLastMark, saveTraining, type WindowCount } from '../store/trainings.js';
import type { StoreContext } from './context.js';
import type { JobOptions, JobResult, SymbolOutcome } from './result.js';
import { runCommand, type CommandEnd } from './run-command.js';
import { withJob } from './run-job.js';

const DEFAULT_THRESHOLD = 0.05;

export interface CheckRetrainOptions extends JobOptions {
  /** Due when the replaced share is greater than this. Default 0.05. */
  threshold?: number | undefined;
  /** The last rows to look at. Default 600. */
  window?: number | undefined;
  /** Record a training of what is there now. */
  markTrained?: boolean | undefined;
  /** A program with its arguments, run when due; a training is recorded when it succeeds. */
  exec?: string[] | undefined;
}

export interface CheckRetrainSummary {
  /** Rows looked at, and those that backfill wrote since the last training. */
  rows: number;
  replaced: number;
  /** replaced / rows; 0 where there is no row. */
  share: number;
  threshold: number;
  isDue: boolean;
  trainedAt: Date | null;
  reason: string;
}

export type CheckRetrainResult = JobResult<CheckRetrainSummary> & {
  /** Whether any of the symbols is due. */
  isDue: boolean;
  exec: CommandEnd | null;
};

/** Says whether backfill replaced so many of the last rows since the last training that another one is due. */
export async function checkRetrain(context: StoreContext, options: CheckRetrainOptions): Promise<CheckRetrainResult> {
  const { knex } = context.store;
  const { threshold = DEFAULT_THRESHOLD, window = WINDOW, markTrained = false } = options;
  let isDue = false;
  let exec: CommandEnd | null = null;
  const record = {
    command: 'check-retrain',
    arguments: { threshold, window, markTrained, exec: options.exec },
    countsOf: ({ replaced }: CheckRetrainSummary) => ({ replaced }),
  };
  const result = await withJob<CheckRetrainSummary>(context, options, record, async (symbols, jobId) => {
    const judged: { symbol: string; summary: CheckRetrainSummary; counted: WindowCount }[] = [];
    for (const symbol of symbols) judged.push({ symbol, ...(await judge(knex, symbol, threshold, window)) });
    isDue = judged.some(({ summary }) => summary.isDue);
    if (isDue && options.exec) exec = await runCommand(options.exec, context);
    const hasTrained = exec ? exec.exitCode === 0 : markTrained;
    if (hasTrained) for (const { symbol, counted } of judged) await mark(knex, jobId, symbol, counted);
    return judged.map(({ symbol, summary }) => toOutcome(symbol, summary, exec));
  });
  return { ...result, isDue, exec };
}

async function judge(
  db: Db,
  symbol: string,
  threshold: number,
  window: number,
): Promise<{ summary: CheckRetrainSummary; counted: WindowCount }> {
  const last = await findLastMark(db, symbol);
  const counted = await countReplaced(db, symbol, window, last?.writtenUntil ?? null);
  const { rows, replaced } = counted;
  const share = rows === 0 ? 0 : replaced / rows;
  const isDue = share > threshold;
  const since = last ? `since the training of ${last.trainedAt.toISOString()}` : 'and no training was recorded yet';
  const reason = `backfill replaced ${replaced} of the last ${rows} rows ${since}: ${isDue ? 'due' : 'not due'}`;
  const trainedAt = last?.trainedAt ?? null;
  return { summary: { rows, replaced, share, threshold, isDue, trainedAt, reason }, counted };
}

async function mark(db: Db, jobId: number, symbol: string, counted: WindowCount): Promise<void> {
  const { rows, first, last, writtenUntil } = counted;
  if (!first || !last) return;
  const range = { from: first.getTime(), to: last.getTime() + MINUTE_MS };
  await saveTraining(db, { jobId, kind: 'mark', symbol, range, rows, writtenUntil });
}

function toOutcome(
  symbol: string,
  summary: CheckRetrainSummary,
  exec: CommandEnd | null,
): SymbolOutcome<CheckRetrainSummary> {
  if (!exec || exec.exitCode === 0) return { symbol, summary };
  const failure = new Failure(
    'failed',
    `${exec.command.join(' ')} ended with ${exec.exitCode}: no training was recorded`,
  );
  return { symbol, summary, failure };
}
