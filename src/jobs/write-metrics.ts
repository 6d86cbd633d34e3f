import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withAtomicFile } from '../files/atomic-file.js';
import { describeRun, type RunEnd } from '../metrics/describe-run.js';
import { formatMetrics } from '../metrics/format-metrics.js';
import { findLastSuccess, mergeSamples } from '../metrics/merge-samples.js';
import { parseMetrics } from '../metrics/parse-metrics.js';
import type { Sample } from '../metrics/sample.js';

/** What a run tells Prometheus. */
export interface RunMetrics extends RunEnd {
  /** About the symbols that it looked at. */
  windows: readonly Sample[];
}

/**
 * Writes what a run tells into a file for node_exporter's textfile collector, which all commands may share.
 *
 * The collector reads every file of the folder and refuses a series that is in two of them. Symbols that a file with
 * an earlier name tells of are therefore left to it.
 *
 * @returns the name of such a file, null when there is none
 * @throws Failure (failed) that names the path when it cannot be written
 */
export async function writeMetrics(path: string, run: RunMetrics): Promise<string | null> {
  const before = parseMetrics(await readIfThere(path));
  const successes = [run.lastSuccessAt, findLastSuccess(before, run.command)].filter((time) => time !== undefined);
  const lastSuccessAt = successes.length > 0 ? Math.max(...successes) : undefined;
  const other = await findOtherFile(path);
  const windows = run.windows.filter(({ labels }) => !other?.symbols.has(labels.symbol!));
  const after = mergeSamples(before, { command: run.command, run: describeRun({ ...run, lastSuccessAt }), windows });
  await withAtomicFile(path, (sink) => sink.write(formatMetrics(after)));
  return windows.length < run.windows.length ? other!.name : null;
}

/** The first file of the folder, by name and before this one, that tells of symbols. */
async function findOtherFile(path: string): Promise<{ name: string; symbols: Set<string> } | null> {
  const [folder, own] = [dirname(path), basename(path)];
  const names = (await readdir(folder).catch(nothingIfUnreadable)) ?? [];
  for (const name of names.filter((name) => name.endsWith('.prom') && name < own).sort()) {
    const samples = parseMetrics(await readIfThere(join(folder, name)));
    const symbols = new Set(samples.flatMap(({ labels }) => labels.symbol ?? []));
    if (symbols.size > 0) return { name, symbols };
  }
  return null;
}

async function readIfThere(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(nothingIfUnreadable)) ?? '';
}

/** What cannot be read is taken for empty: whether the file can be written shows by itself. */
function nothingIfUnreadable(error: unknown): null {
  if (error instanceof Error && 'syscall' in error) return null;
  throw error;
}
