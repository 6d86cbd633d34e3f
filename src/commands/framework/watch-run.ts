import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { ExitCode } from '../../core/failure.js';
import type { Sample } from '../../monitoring/prometheus.js';
import { isOk } from './job-report.js';
import type { MonitoringOptions } from './options.js';

/** What is known of a run, for whoever watches it from outside; the command fills it in as it learns it. */
export interface RunRecord {
  /** Whether the symbols' windows are to be looked at when the work is done: that costs statements. */
  wantsWindows: boolean;
  /** The command did its work: it neither skipped it for another run's sake, nor only said what it would do. */
  hasWorked: boolean;
  jobId: number | null;
  /** The result as people read it, failures first; made only when somebody wants it. */
  summary: () => string;
  counts: Readonly<Record<string, number>>;
  symbols: { done: number; failed: number } | undefined;
  /** What exchanges were asked so far. */
  usage: () => { requests: number; weight: number };
  windows: readonly Sample[];
  /** When the database saw the command end well last, epoch milliseconds. */
  lastSuccessAt: number | undefined;
}

/** The record of a run that has not begun to work. */
export function newRunRecord(): RunRecord {
  return {
    wantsWindows: false,
    hasWorked: false,
    jobId: null,
    summary: () => '',
    counts: {},
    symbols: undefined,
    usage: () => ({ requests: 0, weight: 0 }),
    windows: [],
    lastSuccessAt: undefined,
  };
}

/** A run that is being watched. */
export interface WatchedRun {
  /** Tells everybody how it ended; what went wrong with that is returned, and changes nothing. */
  end(exitCode: ExitCode): Promise<string[]>;
}

interface Run {
  command: string;
  cwd: string;
  record: RunRecord;
}

/** Tells the watchers that a run begins. Who watches is loaded only when somebody does. */
export async function watchRun(
  { metricsFile, pingUrl }: MonitoringOptions,
  { command, cwd, record }: Run,
): Promise<WatchedRun> {
  const startedAt = performance.now();
  record.wantsWindows = metricsFile !== undefined;
  const ping =
    pingUrl === undefined ? undefined : (await import('../../monitoring/ping.js')).startPing(pingUrl, randomUUID());
  return {
    end: async (exitCode) => {
      const durationMs = performance.now() - startedAt;
      const problems = await Promise.all([
        ping?.end(exitCode, record.summary()),
        metricsFile && tellMetrics(resolve(cwd, metricsFile), { command, durationMs, exitCode }, record),
      ]);
      return problems.flatMap((problem) => problem || []);
    },
  };
}

interface End {
  command: string;
  durationMs: number;
  exitCode: ExitCode;
}

/** Writes the metrics file; returns what a person should know about it. */
async function tellMetrics(path: string, end: End, record: RunRecord): Promise<string | null> {
  const endedAt = Date.now();
  const isSuccess = isOk(end.exitCode) && record.hasWorked;
  const { symbols, windows } = record;
  try {
    const { writeMetrics } = await import('../../jobs/write-metrics.js');
    const lastSuccessAt = isSuccess ? endedAt : record.lastSuccessAt;
    const other = await writeMetrics(path, { ...end, endedAt, lastSuccessAt, usage: record.usage(), symbols, windows });
    return other && `"${other}" in the same folder tells of these symbols already: let all commands share one file`;
  } catch (error) {
    return `the metrics could not be written: ${error instanceof Error ? error.message : String(error)}`;
  }
}
