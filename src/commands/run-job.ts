import { formatFailure } from '../cli/failure-text.js';
import type { Io } from '../cli/io.js';
import { createPaint } from '../cli/paint.js';
import { readScreen } from '../cli/screen.js';
import { print, printMessage } from '../cli/write-out.js';
import { redactPasswords } from '../cli/redact.js';
import type { Config } from '../core/config.js';
import { strongestExitCode, type ExitCode } from '../core/failure.js';
import type { JobOptions, JobResult } from '../jobs/result.js';
import type { JobCommand } from './job-command.js';
import { formatJobDocument, formatJobTable } from './job-report.js';
import { collectNotices, openDisplay } from './open-display.js';
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

/** Opens what the job works with, runs it, closes everything, and prints the result. */
export async function runJob<O, S, R extends JobResult<S>>(
  io: Io,
  command: JobCommand<O, S, R>,
  call: JobCall<O>,
): Promise<ExitCode> {
  const display = await openDisplay(io, command.name, call.output);
  const { notices, onNotice } = collectNotices(display, call.output);
  let result: R;
  try {
    const { withStore } = await import('../store/store.js');
    const loading = Promise.all([import('../exchange/open-market.js'), command.load()]);
    result = await withStore(
      call.config.database,
      async (store) => {
        const [{ openMarket }, job] = await loading;
        const market = openMarket(call.config.exchange, { ...call.pace, onNotice });
        return job({ store, market, signal: io.signal, onProgress: display.update, onNotice }, call.options);
      },
      // the locks of a job live on a connection of their own
      { connections: command.isQuestion ? 1 : 2 },
    );
  } finally {
    display.stop();
  }
  if (result.outcomes.length === 0 && (command.isQuestion || notices.length === 0))
    onNotice('the database holds no symbol yet');
  const asked = call.wantsExitCode ? command.exitCode?.(result) : undefined;
  const exitCode = strongestExitCode([result.exitCode, asked ?? 0]);
  await report(io, command, call, result, exitCode, notices);
  return exitCode;
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
    if (failure) await printMessage(io.stderr, redactPasswords(formatFailure(failure, errorPaint, symbol)));
  }
}
