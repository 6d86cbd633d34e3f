import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { checkDocument } from './check-document.js';

/** The built program; `npm run build` makes it. */
const PROGRAM = resolve('dist/bin/chartctl.js');

/** Where a process runs; of this process's environment it gets only PATH. */
export interface ProcessContext {
  cwd: string;
  environment: Readonly<Record<string, string>>;
  /** The command that starts it, as in `ip netns exec HOST`. Default: started directly. */
  launcher?: readonly string[];
}

/** How a process ended. */
export interface ProcessExit {
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** The signal that ended it. */
  signal: NodeJS.Signals | null;
}

/** How a process ended, and its output. */
export interface ProcessResult extends ProcessExit {
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  pid: number;
  /** Returns whether the process was still running. */
  kill: (signal: NodeJS.Signals) => boolean;
  /** The process has exited; its children may still write to its output. */
  exited: Promise<ProcessExit>;
  ended: Promise<ProcessResult>;
}

/** Starts `chartctl` in a process of its own. */
export function startChartctl(
  argv: readonly string[],
  { cwd, environment, launcher = [] }: ProcessContext,
): RunningProcess {
  const [program, ...words] = [...launcher, process.execPath, PROGRAM, ...argv];
  const child = spawn(program!, words, {
    cwd,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const ended = new Promise<ProcessResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...output }));
  }).then(async (result) => {
    await checkDocument(argv, result.stdout);
    return result;
  });
  const exited = new Promise<ProcessExit>((resolve) =>
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
  );
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), exited, ended };
}
