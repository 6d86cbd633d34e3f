import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { NODE_FLAGS } from './node-flags.js';

/** The program as it is shipped; `npm run build` makes it. */
const PROGRAM = resolve('dist/bin/chartctl.js');

/** Where a process runs: nothing but PATH is taken over from this one. */
export interface Surroundings {
  cwd: string;
  environment: Readonly<Record<string, string>>;
}

/** What one process left behind. */
export interface ProcessEnd {
  /** Null when a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  pid: number;
  kill: (signal: NodeJS.Signals) => void;
  ended: Promise<ProcessEnd>;
}

/** Starts `chartctl` in a process of its own. */
export function startChartctl(argv: readonly string[], { cwd, environment }: Surroundings): RunningProcess {
  const child = spawn(process.execPath, [...NODE_FLAGS, PROGRAM, ...argv], {
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
    child.once('close', (exitCode) => resolve({ exitCode, ...output }));
  });
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), ended };
}
