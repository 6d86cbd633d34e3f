import { spawn } from 'node:child_process';
import type { Run } from './measurement.js';

export interface ProcessOptions {
  environment?: Record<string, string>;
  /** What it reads on standard input. */
  input?: string;
  cwd?: string;
  /** Is given the process, to end it. */
  onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

export interface EndedProcess extends Run {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and takes the time from before it is started until after it has ended. */
export function timeProcess(
  program: string,
  argv: readonly string[],
  { environment = {}, input = '', cwd, onStart }: ProcessOptions = {},
): Promise<EndedProcess> {
  const started = performance.now();
  const child = spawn(program, argv, { cwd, env: { PATH: process.env.PATH, ...environment } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  child.stdin.end(input);
  onStart?.((signal) => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      const seconds = (performance.now() - started) / 1000;
      resolve({ seconds, cpuSeconds: null, peakMemoryMb: null, exitCode, ...output });
    });
  });
}
