import type { Sample } from './sample.js';

/** What one run adds to the file. */
export interface RunSamples {
  command: string;
  /** About the command. */
  run: readonly Sample[];
  /** About the symbols that it looked at. */
  windows: readonly Sample[];
}

/**
 * The file after a run: what it says of its own command and its own symbols replaces what was there, the rest stays.
 *
 * So commands share one file, and each may be about other symbols.
 */
export function mergeSamples(before: readonly Sample[], { command, run, windows }: RunSamples): Sample[] {
  const seen = new Set(windows.map(({ labels }) => labels.symbol));
  const kept = before.filter(({ labels }) =>
    labels.command === undefined ? !seen.has(labels.symbol) : labels.command !== command,
  );
  return [...kept, ...run, ...windows];
}

/** When a command last did its work, epoch milliseconds, as far as the file knows. */
export function findLastSuccess(samples: readonly Sample[], command: string): number | undefined {
  const found = samples.find(
    ({ name, labels }) => name === 'chartctl_last_success_timestamp_seconds' && labels.command === command,
  );
  return found && found.value * 1000;
}
