import { createHash } from 'node:crypto';
import { Failure } from '../../core/failure.js';
import type { Environment } from '../../core/io.js';
import { toShellCommand } from '../../core/shell-words.js';
import { deliverWebhook, type Delivery, type Webhook } from '../../monitoring/webhook.js';
import type { RetrainReason } from '../../quality/assess-retrain.js';
import { findOrphanedProgram, recordProgram } from '../../tables/running-jobs.js';
import { formatJson } from '../../terminal/json.js';
import type { JobOptions, StoreContext } from '../job.js';
import { type CommandResult, runCommand } from './run-command.js';

/** What happens when a training is due, in this order. */
export interface RetrainHooks {
  webhook?: Webhook | undefined;
  exec?: RetrainProgram | undefined;
}

/** The program that trains. */
export interface RetrainProgram {
  /** The program and its arguments. */
  command: readonly string[];
  /** What it inherits, beside what it is told of the training. */
  environment: Environment;
  /** Default 6 hours. */
  timeoutMs?: number | undefined;
  /** How long it may take to end once it is asked to. Default 10 s. */
  graceMs?: number | undefined;
}

/** A symbol that is due, with what was found. */
export interface DueSymbol {
  symbol: string;
  summary: { trainedAt: Date | null; reasons: RetrainReason[] };
}

/** How the hooks that ran ended; null did not run. */
export interface HookResults {
  webhook: Delivery | null;
  exec: CommandResult | null;
}

const DEFAULT_TIMEOUT_MS = 6 * 3_600_000;

/**
 * Tells those who train that it is due: first the webhook, and when it was taken, the program.
 *
 * So a run that is repeated because nobody took the message has not trained in vain.
 *
 * @param ends where each end is noted as soon as it is known
 * @throws Failure when the message was not taken, or the program could not be run or did not succeed
 */
export async function runHooks(
  { store, signal, onNotice, onOutput }: StoreContext,
  { webhook, exec }: RetrainHooks,
  due: { symbols: readonly DueSymbol[]; jobId: number },
  ends: HookResults,
): Promise<void> {
  const key = toIdempotencyKey(store.label, due.symbols);
  const body = formatJson({
    command: 'check-retrain',
    jobId: due.jobId,
    idempotencyKey: key,
    isDue: true,
    symbols: due.symbols.map(({ symbol, summary }) => ({ symbol, ...summary })),
  });
  if (webhook && isUnencrypted(webhook.url)) {
    onNotice?.(`${new URL(webhook.url).host} is told over http: it is signed, but whoever is on the way can read it`);
  }
  if (webhook) ends.webhook = await deliverWebhook(webhook, { body, key, signal });
  if (!exec) return;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, ...call } = exec;
  const environment = { ...exec.environment, ...toVariables(due) };
  let recording: Promise<void> | undefined;
  const onStart = (pid: number) => {
    recording = recordProgram(store.knex, due.jobId, pid).catch((error: unknown) => {
      onNotice?.(`the program's process could not be recorded: ${String(error)}`); // it trains all the same
    });
  };
  try {
    ends.exec = await runCommand({ ...call, environment, timeoutMs, input: body, signal, onOutput, onStart });
  } finally {
    await recording;
  }
  const { command, exitCode } = ends.exec;
  if (exitCode === 0) return;
  throw new Failure('failed', `${toShellCommand(command)} ended with ${exitCode}: no training was recorded`, {
    code: 'EXEC_FAILED',
    hint: 'what it printed stands above; the next run starts it again',
  });
}

/** Whether an address is neither on this machine nor told over TLS. */
function isUnencrypted(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** The reasons that apply to any of the symbols, each once. */
export function dueReasons(symbols: readonly DueSymbol[]): string[] {
  const reasons = symbols.flatMap(({ summary }) => summary.reasons.filter(({ isDue }) => isDue));
  return [...new Set(reasons.map(({ reason }) => reason))];
}

/** The same for the same symbols, reasons and last trainings in one database: who has seen it can drop what is repeated. */
function toIdempotencyKey(database: string, symbols: readonly DueSymbol[]): string {
  const state = symbols
    .map((one) => [one.symbol, one.summary.trainedAt?.toISOString() ?? null, dueReasons([one])])
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
 * Whether a program of `--exec` still trains for one of the symbols although the run that began it was killed: a
 * second one beside it would be one too many. It can only be known of a program on this machine.
 *
 * @throws Failure (locked) that names it, unless such a run is to be skipped
 */
export async function isTrainingRunning(
  { store, onNotice }: StoreContext,
  { ifLocked }: Pick<JobOptions, 'ifLocked'>,
  symbols: readonly string[],
): Promise<boolean> {
  const orphan = await findOrphanedProgram(store.knex, symbols);
  if (!orphan) return false;
  const { jobId, pid } = orphan;
  const message = `the program that job ${jobId} began still runs, as process ${pid}, although that job was killed`;
  if (ifLocked !== 'skip')
    throw new Failure('locked', message, {
      code: 'STILL_TRAINING',
      hint: `wait until it ends, or end it: kill -- -${pid}; then the next run begins another one`,
    });
  onNotice?.(`${message}: no other was begun`);
  return true;
}
