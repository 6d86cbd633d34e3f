import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './measurement.js';

export interface ProcessOptions {
  environment?: Record<string, string>;
  /** What it reads on standard input. */
  input?: string;
  cwd?: string;
  /** Called with a function that sends a signal to the process. */
  onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

export interface TimedProcess extends Run {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program and measures the time from before its start to after its exit. */
export function timeProcess(
  program: string,
  argv: readonly string[],
  { environment = {}, input = '', cwd, onStart }: ProcessOptions = {},
): Promise<TimedProcess> {
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

/** Loaded before chartctl: writes the resource usage of the process at its exit. */
const USAGE_SCRIPT = `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs';
  const { BENCH_USAGE_FILE } = process.env;
  process.on('exit', () => writeFileSync(BENCH_USAGE_FILE, JSON.stringify(process.resourceUsage())));
`)}`;

/** How chartctl is run. */
export interface ChartctlContext {
  /** The compiled program. */
  program: string;
  /** A temporary folder to run in. */
  folder: string;
  environment: Record<string, string>;
}

export interface ChartctlOptions {
  /** Whether the usage script is loaded; without it only the time is measured. Default: true. */
  isMetered?: boolean;
  /** The allowed exit codes. Default: 0. */
  expected?: readonly number[];
  onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

export interface ChartctlRun extends Run {
  /** The symbols of the `--json` document. */
  symbols: Record<string, unknown>[];
}

/**
 * Runs the compiled chartctl as a process and measures its usage.
 *
 * @throws Error with its output when the exit code is not allowed
 */
export async function runChartctl(
  argv: readonly string[],
  { program, folder, environment }: ChartctlContext,
  { isMetered = true, expected = [0], onStart }: ChartctlOptions = {},
): Promise<ChartctlRun> {
  const usageFile = join(folder, 'usage.json');
  const meter = isMetered ? ['--import', USAGE_SCRIPT] : [];
  const end = await timeProcess(process.execPath, [...meter, program, ...argv, '--json', '--quiet'], {
    cwd: folder,
    environment: { HOME: folder, BENCH_USAGE_FILE: usageFile, ...environment },
    ...(onStart ? { onStart } : {}),
  });
  if (end.exitCode === null || !expected.includes(end.exitCode)) {
    const output = `${end.stdout}${end.stderr}`.slice(0, 2_000);
    throw new Error(`chartctl ${argv.join(' ').slice(0, 200)} ended with ${end.exitCode}: ${output}`);
  }
  const { symbols } = JSON.parse(end.stdout) as { symbols: Record<string, unknown>[] };
  return { seconds: end.seconds, ...(isMetered ? readUsage(usageFile) : NO_USAGE), symbols };
}

const NO_USAGE = { cpuSeconds: null, peakMemoryMb: null };

function readUsage(file: string): Pick<Run, 'cpuSeconds' | 'peakMemoryMb'> {
  const usage = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ResourceUsage;
  rmSync(file);
  return {
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakMemoryMb: usage.maxRSS / 1024, // kilobytes on every platform
  };
}
