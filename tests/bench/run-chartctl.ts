import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './measurement.js';
import { timeProcess } from './timed-process.js';

/** Loaded before chartctl: at its end the process says what it has used. */
const METER = `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs';
  const { BENCH_USAGE_FILE } = process.env;
  process.on('exit', () => writeFileSync(BENCH_USAGE_FILE, JSON.stringify(process.resourceUsage())));
`)}`;

/** How chartctl is run. */
export interface Surroundings {
  /** The compiled program. */
  program: string;
  /** A temporary folder to run in. */
  folder: string;
  environment: Record<string, string>;
}

export interface ChartctlOptions {
  /** Without it nothing is loaded before the program, and only the time is known. */
  isMetered?: boolean;
  /** Exit codes that are well; 0 if not given. */
  expected?: readonly number[];
  onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

export interface ChartctlRun extends Run {
  /** What `--json` printed of each symbol. */
  symbols: Record<string, unknown>[];
}

/**
 * Runs the compiled chartctl as a process of its own, with what it used.
 *
 * @throws Error with its output when it ends otherwise than expected
 */
export async function runChartctl(
  argv: readonly string[],
  { program, folder, environment }: Surroundings,
  { isMetered = true, expected = [0], onStart }: ChartctlOptions = {},
): Promise<ChartctlRun> {
  const usageFile = join(folder, 'usage.json');
  const meter = isMetered ? ['--import', METER] : [];
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
    peakMemoryMb: usage.maxRSS / 1024, // Node gives kilobytes on every platform
  };
}
