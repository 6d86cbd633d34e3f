import type { Config } from '../../config/config.js';
import { type ExitCode, strongestExitCode } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { redactPasswords } from '../../core/secrets.js';
import type { JobContext, JobOptions, JobResult } from '../../jobs/job.js';
import { JsonLog } from '../../terminal/json.js';
import { print } from '../../terminal/output.js';
import { formatFailure, printFailure } from '../../terminal/print-failure.js';
import {
  createBarProgress,
  createJsonProgress,
  createMessageDisplay,
  createPlainProgress,
  type ProgressDisplay,
} from '../../terminal/progress.js';
import { createPaint, readScreen } from '../../terminal/screen.js';
import { escapeControls } from '../../terminal/text.js';
import type { JobCommand } from './command.js';
import { formatJobDocument, formatJobTable } from './job-report.js';
import type { OutputOptions } from './options.js';
import { newRunRecord, type RunRecord } from './watch-run.js';

/** The progress display that suits the call: bars for a person, lines for a log, nothing with `--quiet`. */
export async function openDisplay(io: Io, command: string, { quiet }: OutputOptions): Promise<ProgressDisplay> {
  if (quiet) return createMessageDisplay(io.stderr);
  if (io.stderr instanceof JsonLog) return createJsonProgress(io.stderr);
  return io.isTerminal.stderr ? createBarProgress(io.stderr) : createPlainProgress(io.stderr, command);
}

/** Takes a job's notices: shows each once (none with `--quiet`) and keeps them for the JSON document. */
export function collectNotices({ stderr }: Pick<Io, 'stderr'>, display: ProgressDisplay, { quiet }: OutputOptions) {
  const notices: string[] = [];
  const onNotice = (message: string) => {
    if (notices.includes(message)) return;
    notices.push(message);
    if (quiet) return;
    if (stderr instanceof JsonLog) void stderr.log({ level: 'warn', message });
    else display.message(`note: ${escapeControls(message)}\n`);
  };
  return { notices, onNotice };
}

/** Notes a job's result down for whoever watches. */
export function recordResult<O, S, R extends JobResult<S>>(
  record: RunRecord,
  command: JobCommand<O, S, R>,
  result: R,
): void {
  const { jobId, counts, outcomes } = result;
  const failed = outcomes.filter(({ failure }) => failure);
  record.jobId = jobId;
  record.counts = counts;
  record.hasWorked = jobId !== null || command.readOnly === true;
  record.symbols = { done: outcomes.length - failed.length, failed: failed.length };
  record.summary = () => {
    const plain = createPaint(false, {}, false);
    const failures = failed.map(({ symbol, failure }) => formatFailure(failure, plain, symbol));
    return redactPasswords(`${failures.join('')}${formatJobTable(command, result, (title) => title)}`);
  };
}

/** A call that was understood: everything a job needs to run. */
export interface JobCall<Own> {
  config: Config;
  options: Own & JobOptions;
  pace: { concurrency: number; maxWaitMs: number };
  output: OutputOptions;
  /** Whether `--exit-code` was given. */
  wantsExitCode: boolean;
}

/**
 * Opens what the job works with, runs it, closes everything, and prints the result.
 *
 * @param record is filled in for whoever watches
 */
export async function runJob<O, S, R extends JobResult<S>>(
  io: Io,
  command: JobCommand<O, S, R>,
  call: JobCall<O>,
  record: RunRecord = newRunRecord(),
): Promise<ExitCode> {
  const display = await openDisplay(io, command.name, call.output);
  const { notices, onNotice } = collectNotices(io, display, call.output);
  const { stderr } = io;
  const onOutput = stderr instanceof JsonLog ? (text: string) => void stderr.write(text) : undefined;
  const watch = { signal: io.signal, onProgress: display.update, onNotice, onOutput };
  let result: R;
  try {
    result = await work(command, call, watch, record);
  } finally {
    display.stop();
  }
  if (result.outcomes.length === 0 && (command.readOnly || notices.length === 0))
    onNotice('the database holds no symbol yet');
  const asked = call.wantsExitCode ? command.exitCode?.(result) : undefined;
  const exitCode = strongestExitCode([result.exitCode, asked ?? 0]);
  recordResult(record, command, result);
  await report(io, command, call, result, exitCode, notices);
  return exitCode;
}

/** Where a job tells how it goes on, and from where it is stopped. */
type Watch = Pick<JobContext, 'signal' | 'onProgress' | 'onOutput'> & { onNotice: (message: string) => void };

/** The job between the opening and the closing of the database. */
async function work<O, S, R extends JobResult<S>>(
  command: JobCommand<O, S, R>,
  { config, options, pace }: JobCall<O>,
  watch: Watch,
  record: RunRecord,
): Promise<R> {
  const { withStore } = await import('../../database/open-store.js');
  const loading = Promise.all([
    import('../../exchange/open-market.js'),
    command.load(),
  ]);
  // the locks of a job live on a connection of their own
  const connections = command.readOnly ? 1 : 2;
  return withStore(
    config.database,
    async (store) => {
      const [{ openMarket }, job] = await loading;
      const market = openMarket(config.exchange, { ...pace, onNotice: watch.onNotice });
      record.usage = () => market.usage();
      const context = { store, market, ...watch };
      const result = await job(context, options);
      if (record.wantsWindows) {
        const { observeRun } = await import('./observe-run.js');
        await observeRun({ ...context, now: market.now }, command.name, result, record);
      }
      return result;
    },
    { connections },
  );
}

async function report<O, S, R extends JobResult<S>>(
  io: Io,
  command: JobCommand<O, S, R>,
  call: JobCall<O>,
  result: R,
  exitCode: ExitCode,
  notices: readonly string[],
): Promise<void> {
  const sink = command.takesStdout?.(call.options) ? 'stderr' : 'stdout';
  const paint = createPaint(io.isTerminal[sink], io.env, call.output.color);
  const text = call.output.json
    ? redactPasswords(formatJobDocument(command, result, exitCode, notices))
    : formatJobTable(command, result, paint.bold, sink === 'stdout' ? readScreen(io)?.columns : undefined);
  if (text !== '') await print(io[sink], text);
  const errorPaint = createPaint(io.isTerminal.stderr, io.env, call.output.color);
  for (const { symbol, failure } of result.outcomes) {
    if (failure) await printFailure(io.stderr, failure, errorPaint, { symbol, jobId: result.jobId });
  }
}
