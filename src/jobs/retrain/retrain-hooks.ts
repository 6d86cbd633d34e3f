import { createHash } from 'node:crypto';
import { parseDuration } from '../../core/duration.js';
import { Failure } from '../../core/failure.js';
import { DEFAULTS } from '../../core/limits.js';
import type { Environment } from '../../core/io.js';
import { toShellCommand } from '../../core/shell-words.js';
import { deliverWebhook, type Delivery, type Webhook } from '../../monitoring/webhook.js';
import type { RetrainReason } from '../../quality/assess-retrain.js';
import { findOrphanedProgram, recordProgram } from '../../tables/running-jobs.js';
import { formatJson } from '../../terminal/json.js';
import type { JobOptions, StoreContext } from '../job.js';
import { type CommandResult, runCommand } from './run-command.js';

/** The actions when a training is due, in this order. */
export interface RetrainHooks {
  webhook?: Webhook | undefined;
  exec?: RetrainProgram | undefined;
}

/** The training program. */
export interface RetrainProgram {
  /** The program and its arguments. */
  command: readonly string[];
  /** Its environment, to which variables about the training are added. */
  environment: Environment;
  /** Default 6 hours. */
  timeoutMs?: number | undefined;
  /** The time between SIGTERM and SIGKILL. Default 10 s. */
  graceMs?: number | undefined;
}

/** A symbol that is due for a training. */
interface DueSymbol {
  symbol: string;
  summary: { window: number; trainedAt: Date | null; reasons: RetrainReason[] };
}

/** The results of the hooks; null for a hook that was not run. */
export interface HookResults {
  webhook: Delivery | null;
  exec: CommandResult | null;
}

const DEFAULT_TIMEOUT_MS = parseDuration(DEFAULTS.execTimeout);

/**
 * Calls the webhook and, if that succeeds, runs the training program. In this order a run that is repeated because of a
 * failed webhook has not trained already.
 *
 * @param results receives the result of each hook as soon as it is known, also if a later hook fails
 * @throws Failure if the webhook fails, or if the program cannot be run or does not succeed
 */
export async function runHooks(
  { store, signal, onNotice, onOutput }: StoreContext,
  { webhook, exec }: RetrainHooks,
  due: { symbols: readonly DueSymbol[]; jobId: number },
  results: HookResults,
): Promise<void> {
  const key = toIdempotencyKey(store.label, due.symbols);
  const body = formatJson({
    command: 'check-retrain',
    jobId: due.jobId,
    idempotencyKey: key,
    isDue: true,
    symbols: due.symbols.map(({ symbol, summary: { window: windowRows, ...summary } }) => {
      return { symbol, windowRows, ...summary };
    }),
  });
  if (webhook && isUnencrypted(webhook.url)) {
    onNotice?.(`the webhook to ${new URL(webhook.url).host} uses http: its content is signed, but not encrypted`);
  }
  if (webhook) results.webhook = await deliverWebhook(webhook, { body, key, signal });
  if (!exec) return;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, ...call } = exec;
  const environment = { ...exec.environment, ...toVariables(due) };
  let recording: Promise<void> | undefined;
  const onStart = (pid: number) => {
    recording = recordProgram(store.knex, due.jobId, pid).catch((error: unknown) => {
      onNotice?.(`the program's process id could not be recorded: ${String(error)}`);
    });
  };
  try {
    results.exec = await runCommand({ ...call, environment, timeoutMs, input: body, signal, onOutput, onStart });
  } finally {
    await recording;
  }
  const { command, exitCode } = results.exec;
  if (exitCode === 0) return;
  throw new Failure('failed', `${toShellCommand(command)} ended with ${exitCode}: no training was recorded`, {
    code: 'EXEC_FAILED',
    hint: 'see its output above; the next run starts it again',
  });
}

/** Whether requests to a URL leave this machine without TLS. */
function isUnencrypted(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** The distinct reasons that apply to any of the symbols. */
export function dueReasons(symbols: readonly DueSymbol[]): string[] {
  const reasons = symbols.flatMap(({ summary }) => summary.reasons.filter(({ isDue }) => isDue));
  return [...new Set(reasons.map(({ reason }) => reason))];
}

/** Equal for the same database, symbols, reasons and last trainings, so that the receiver can detect repeated messages. */
function toIdempotencyKey(database: string, symbols: readonly DueSymbol[]): string {
  const state = symbols
    .map((due) => [due.symbol, due.summary.trainedAt?.toISOString() ?? null, dueReasons([due])])
    .sort();
  return createHash('sha256')
    .update(JSON.stringify([database, state]))
    .digest('hex');
}

function toVariables({ symbols, jobId }: { symbols: readonly DueSymbol[]; jobId: number }) {
  return {
    CHARTCTL_DUE_SYMBOLS: symbols.map(({ symbol }) => symbol).join(','),
    CHARTCTL_REASONS: dueReasons(symbols).join(','),
    CHARTCTL_JOB_ID: String(jobId),
  };
}

/**
 * Whether a training program for one of the symbols still runs although the run that started it was killed. Only a
 * program on this machine can be detected.
 *
 * @throws Failure (locked) if such a program runs, unless `ifLocked` is `skip`
 */
export async function isTrainingRunning(
  { store, onNotice }: StoreContext,
  { ifLocked }: Pick<JobOptions, 'ifLocked'>,
  symbols: readonly string[],
): Promise<boolean> {
  const orphan = await findOrphanedProgram(store.knex, symbols);
  if (!orphan) return false;
  const { jobId, pid } = orphan;
  const message = `the program that job ${jobId} started still runs, as process ${pid}, although that job was killed`;
  if (ifLocked !== 'skip')
    throw new Failure('locked', message, {
      code: 'STILL_TRAINING',
      hint: `wait until it ends, or end it with kill -- -${pid}; the next run starts another one`,
    });
  onNotice?.(`${message}: no other was started`);
  return true;
}
