import { resolve } from 'node:path';
import { isSuccess, type ExitCode } from '../../core/failure.js';
import type { Environment } from '../../core/io.js';
import { readProxySettings } from '../../config/read-proxies.js';
import type { Observations } from './command.js';
import type { MonitoringOptions } from './options/options.js';

/** How a run ended. */
interface FinishedRun {
  exitCode: ExitCode;
  /** Whether the command did its work: it was neither skipped because of a lock nor a dry run. */
  hasWorked: boolean;
  symbols: { done: number; failed: number } | undefined;
  observations: Observations;
  /** The result as people read it. */
  text: () => string;
}

export interface Monitoring {
  /** Reports the end of the run; returns what went wrong with that, which does not change the exit code. */
  end(run: FinishedRun): Promise<string[]>;
}

/** Reports the start of a run. The code of each kind of monitoring is loaded only when it is used. */
export async function startMonitoring(
  { metricsFile, pingUrl }: MonitoringOptions,
  command: string,
  { cwd, environment }: { cwd: string; environment: Environment },
): Promise<Monitoring> {
  const startedAt = performance.now();
  const ping =
    pingUrl === undefined
      ? undefined
      : (await import('../../monitoring/ping.js')).startPing(
          pingUrl,
          crypto.randomUUID(),
          readProxySettings(environment),
        );
  return {
    end: async (run) => {
      const durationMs = performance.now() - startedAt;
      const problems = await Promise.all([
        ping?.end(run.exitCode, run.text()),
        metricsFile && writeMetrics(resolve(cwd, metricsFile), command, durationMs, run),
      ]);
      return problems.flatMap((problem) => problem || []);
    },
  };
}

/** Writes the metrics file; returns a message when something is wrong with it. */
async function writeMetrics(
  path: string,
  command: string,
  durationMs: number,
  { exitCode, hasWorked, symbols, observations }: FinishedRun,
): Promise<string | null> {
  const endedAt = Date.now();
  const { windows, retired, usage } = observations;
  const lastSuccessAt = isSuccess(exitCode) && hasWorked ? endedAt : observations.lastSuccessAt;
  try {
    const { writeMetrics: write } = await import('../../jobs/write-metrics.js');
    const run = { command, durationMs, exitCode, endedAt, lastSuccessAt, usage: usage(), symbols, windows, retired };
    const other = await write(path, run);
    return other && `"${other}" in the same folder has metrics of these symbols already: use one file for all commands`;
  } catch (error) {
    return `the metrics could not be written: ${error instanceof Error ? error.message : String(error)}`;
  }
}
