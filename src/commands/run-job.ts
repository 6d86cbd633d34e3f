import type { Io } from '../cli/io.js';
import { JsonLog } from '../cli/json-log.js';
import { createPaint } from '../cli/paint.js';
import { readScreen } from '../cli/screen.js';
import { printFailure } from '../cli/print-failure.js';
import { print } from '../cli/write-out.js';
import { redactPasswords } from '../cli/redact.js';
import type { Config } from '../core/config.js';
import { strongestExitCode, type ExitCode } from '../core/failure.js';
import type { JobContext } from '../jobs/context.js';
import type { JobOptions, JobResult } from '../jobs/result.js';
import type { JobCommand } from './job-command.js';
import { formatJobDocument, formatJobTable } from './job-report.js';
import { collectNotices, openDisplay } from './open-display.js';
import { recordResult } from './record-result.js';
import { newRunRecord, type RunRecord } from './run-record.js';
import type { OutputChoice } from './shared-options.js';

/** A call that was understood: everything a job needs to run. */
export interface JobCall<Own> {
  config: Config;
  options: Own & JobOptions;
  pace: { concurrency: number; maxWaitMs: number };
  output: OutputChoice;
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
  if (result.outcomes.length === 0 && (command.isQuestion || notices.length === 0))
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
  const { withStore } = await import('../store/store.js');
  const loading = Promise.all([
    import('../exchange/open-market.js'),
    import('../exchange/remember-clock.js'),
    command.load(),
  ]);
  // the locks of a job live on a connection of their own
  const connections = command.isQuestion ? 1 : 2;
  return withStore(
    config.database,
    async (store) => {
      const [{ openMarket }, { rememberClock }, job] = await loading;
      const { market, now } = rememberClock(openMarket(config.exchange, { ...pace, onNotice: watch.onNotice }));
      record.usage = () => market.usage();
      const context = { store, market, ...watch };
      const result = await job(context, options);
      if (record.wantsWindows) {
        const { observeRun } = await import('./observe-run.js');
        await observeRun({ ...context, now }, command.name, result, record);
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
