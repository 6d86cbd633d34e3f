import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { COMPILE_QUICKLY } from './compile-quickly.js';

/** The program as it is shipped; `npm run build` makes it. */
const PROGRAM = resolve('dist/bin/chartctl.js');

/** Where a process runs: nothing but PATH is taken over from this one. */
export interface Surroundings {
  cwd: string;
  environment: Readonly<Record<string, string>>;
  /** What starts it, as in `ip netns exec HOST`; this process does if not given. */
  through?: readonly string[];
}

/** How a process ended. */
export interface ProcessExit {
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** The signal that ended it. */
  signal: NodeJS.Signals | null;
}

/** What one process left behind. */
export interface ProcessEnd extends ProcessExit {
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  pid: number;
  /** Answers whether the process was still there. */
  kill: (signal: NodeJS.Signals) => boolean;
  /** It is gone; what it started may still write into its output. */
  gone: Promise<ProcessExit>;
  ended: Promise<ProcessEnd>;
}

/** Starts `chartctl` in a process of its own. */
export function startChartctl(
  argv: readonly string[],
  { cwd, environment, through = [] }: Surroundings,
): RunningProcess {
  const flags = environment.CHARTCTL_DATA_DIR === undefined ? [] : [COMPILE_QUICKLY];
  const [program, ...words] = [...through, process.execPath, ...flags, PROGRAM, ...argv];
  const child = spawn(program!, words, {
    cwd,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...output }));
  });
  const gone = new Promise<ProcessExit>((resolve) =>
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
  );
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), gone, ended };
}
