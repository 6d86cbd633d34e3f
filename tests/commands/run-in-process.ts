import { setMaxListeners } from 'node:events';
import { Failure, type ExitCode } from '../../src/core/failure.js';
import { run } from '../../src/commands/run.js';
import { CapturedStream } from '../cli/captured-stream.js';

/** What one command line left behind. */
export interface Ended {
  exitCode: ExitCode;
  stdout: string;
  stderr: string;
}

interface World {
  cwd: string;
  env?: Record<string, string>;
  /** The job is asked to stop before it begins. */
  isStopped?: boolean;
  /** Standard output is a terminal so many characters wide. */
  columns?: number | undefined;
  program?: { node: string; script: string };
}

const PROGRAM = { node: '/usr/bin/node', script: '/usr/local/bin/chartctl' };

/** Runs the program in this process, with nothing of this process's environment. */
export async function runInProcess(
  argv: readonly string[],
  { cwd, env = {}, isStopped, columns, program = PROGRAM }: World,
): Promise<Ended> {
  const stdout = new CapturedStream();
  const stderr = new CapturedStream();
  if (columns !== undefined) stdout.columns = columns;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // as the program itself does
  if (isStopped) stop.abort(new Failure('interrupted', 'interrupted'));
  const exitCode = await run(argv, {
    stdout,
    stderr,
    env: { HOME: cwd, CHARTCTL_DATA_DIR: `${cwd}/data`, ...env },
    cwd,
    program,
    isTerminal: { stdout: columns !== undefined, stderr: false },
    signal: stop.signal,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}
