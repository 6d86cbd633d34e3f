import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withLockFile } from '../database/file-locks/lock-file.js';
import type { Store } from '../database/store.js';
import { withAtomicFile } from '../files/atomic-file.js';
import {
  findLastSuccess,
  mergeSamples,
  type RunOutcome,
  toRunSamples,
  toWindowSamples,
} from '../monitoring/metrics.js';
import { formatMetrics, parseMetrics, type Sample } from '../monitoring/prometheus.js';
import { WINDOW_MINUTES } from '../quality/window.js';
import { summarizeWindows } from '../tables/rolling-chart-data/window-summary.js';
import { currentWriter } from './current-writer.js';

/** The metrics of one run of a command. */
export interface RunMetrics extends RunOutcome {
  /** The metrics of its symbols. */
  windows: readonly Sample[];
  /** Symbols whose metrics of earlier runs are removed. */
  retired: readonly string[];
}

/**
 * Merges the metrics of a run into a file for node_exporter's textfile collector. Several commands can share the file: a
 * lock file lets them write one after the other.
 *
 * The collector reads all files of the folder and rejects a series that is in two of them. A symbol that is in a file
 * whose name sorts before this one is therefore left out.
 *
 * @returns the name of a file that has a symbol of this run, or null
 * @throws Failure (failed) with the path if the file cannot be written
 */
export function writeMetrics(path: string, run: RunMetrics): Promise<string | null> {
  return withLockFile(`${path}.lock`, async () => {
    const before = parseMetrics(await readIfThere(path));
    const successes = [run.lastSuccessAt, findLastSuccess(before, run.command)].filter((time) => time !== undefined);
    const lastSuccessAt = successes.length > 0 ? Math.max(...successes) : undefined;
    const others = await readEarlierFiles(path);
    const otherOf = ({ labels: { symbol } }: Sample) => others.find(({ symbols }) => symbols.has(symbol ?? ''));
    const after = mergeSamples(before, { ...run, run: toRunSamples({ ...run, lastSuccessAt }) });
    const own = after.filter((sample) => !otherOf(sample));
    await withAtomicFile(path, (sink) => sink.write(formatMetrics(own)), currentWriter());
    return run.windows.map(otherOf).find((other) => other)?.name ?? null;
  });
}

/** The symbols in the files of the folder whose names sort before this file's. */
async function readEarlierFiles(path: string): Promise<{ name: string; symbols: Set<string> }[]> {
  const [folder, own] = [dirname(path), basename(path)];
  const names = (await readdir(folder).catch(nullIfUnreadable)) ?? [];
  const earlier = names.filter((name) => name.endsWith('.prom') && name < own).sort();
  return Promise.all(
    earlier.map(async (name) => {
      const samples = parseMetrics(await readIfThere(join(folder, name)));
      return { name, symbols: new Set(samples.flatMap(({ labels }) => labels.symbol ?? [])) };
    }),
  );
}

async function readIfThere(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(nullIfUnreadable)) ?? '';
}

/** An unreadable file is treated as empty; if the metrics file is the problem, writing it fails with a clear error. */
function nullIfUnreadable(error: unknown): null {
  if (error instanceof Error && 'syscall' in error) return null;
  throw error;
}

/**
 * Reads the metrics of the symbols' windows: the last 600 closed minutes.
 *
 * @param nowMs the exchange's clock
 */
export async function readWindowMetrics(store: Store, symbols: readonly string[], nowMs: number): Promise<Sample[]> {
  const states = await summarizeWindows(store, symbols, nowMs);
  return states.flatMap((state) => toWindowSamples(state, nowMs, WINDOW_MINUTES));
}
