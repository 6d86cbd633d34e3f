import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/**
 * With this, V8 compiles PGlite quickly instead of well, which saves a process that soon ends more than it costs.
 * For processes with an embedded database only: with it V8 does not accept what the build compiled beforehand.
 */
export const FAST_COMPILE_FLAG = '--liftoff-only';

/** The program as it is shipped; `npm run build` makes it. */
const PROGRAM = resolve('dist/bin/chartctl.js');

/** Where a process runs: nothing but PATH is taken over from this one. */
export interface ProcessContext {
  cwd: string;
  environment: Readonly<Record<string, string>>;
  /** What starts it, as in `ip netns exec HOST`; this process does if not given. */
  launcher?: readonly string[];
}

/** How a process ended. */
export interface ProcessExit {
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** The signal that ended it. */
  signal: NodeJS.Signals | null;
}

/** What one process left behind. */
export interface ProcessResult extends ProcessExit {
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  pid: number;
  /** Answers whether the process was still there. */
  kill: (signal: NodeJS.Signals) => boolean;
  /** It is gone; what it started may still write into its output. */
  exited: Promise<ProcessExit>;
  ended: Promise<ProcessResult>;
}

/** Starts `chartctl` in a process of its own. */
export function startChartctl(
  argv: readonly string[],
  { cwd, environment, launcher = [] }: ProcessContext,
): RunningProcess {
  const flags = environment.CHARTCTL_DATA_DIR === undefined ? [] : [FAST_COMPILE_FLAG];
  const [program, ...words] = [...launcher, process.execPath, ...flags, PROGRAM, ...argv];
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
  });
  const gone = new Promise<ProcessExit>((resolve) =>
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
  );
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), exited: gone, ended };
}
