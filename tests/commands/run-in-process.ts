import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { run } from '../../src/commands/run.js';
import { type ExitCode, Failure } from '../../src/core/failure.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { checkDocument } from '../harness/check-document.js';

/** The output and the exit code of one command line. */
export interface ProcessResult {
  exitCode: ExitCode;
  stdout: string;
  stderr: string;
}

interface ProcessOptions {
  cwd: string;
  env?: Record<string, string>;
  /** The signal to stop comes before the job begins. */
  isStopped?: boolean;
  /** The width of the terminal that standard output is; undefined: a pipe. */
  columns?: number | undefined;
  program?: { node: string; script: string };
  /** What is typed at a terminal, until its input ends; undefined: standard input and standard error are no terminals. */
  answers?: readonly string[] | undefined;
}

const PROGRAM = { node: '/usr/bin/node', script: '/usr/local/bin/chartctl' };

/** Runs the program in this process, without this process's environment. */
export async function runInProcess(
  argv: readonly string[],
  { cwd, env = {}, isStopped, columns, program = PROGRAM, answers }: ProcessOptions,
): Promise<ProcessResult> {
  const stdout = new CapturedStream();
  const stderr = new CapturedStream();
  if (columns !== undefined) stdout.columns = columns;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // as the program itself does
  if (isStopped) stop.abort(new Failure('interrupted', 'interrupted'));
  const exitCode = await run(argv, {
    stdout,
    stderr,
    stdin: {
      isTerminal: answers !== undefined,
      open: () => Readable.from((answers ?? []).map((answer) => `${answer}\n`)),
    },
    env: { HOME: cwd, CHARTCTL_DATA_DIR: `${cwd}/data`, ...env },
    cwd,
    program,
    isTerminal: { stdout: columns !== undefined, stderr: answers !== undefined },
    signal: stop.signal,
  });
  await checkDocument(argv, stdout.text);
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}
