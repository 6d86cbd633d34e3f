import type { Sample } from './prometheus.js';

/** How one run of a command ended. */
export interface RunOutcome {
  command: string;
  /** Epoch milliseconds. */
  endedAt: number;
  durationMs: number;
  exitCode: number;
  /** When the command last succeeded, this run included; undefined if unknown. */
  lastSuccessAt: number | undefined;
  usage: { requests: number; weight: number };
  /** Numbers of symbols by outcome; undefined when the run ended before it processed symbols. */
  symbols: { done: number; failed: number } | undefined;
}

/** The metrics of a run. */
export function toRunSamples({
  command,
  endedAt,
  durationMs,
  exitCode,
  lastSuccessAt,
  usage,
  symbols,
}: RunOutcome): Sample[] {
  const labels = { command };
  return [
    { name: 'chartctl_last_run_timestamp_seconds', labels, value: endedAt / 1000 },
    ...(lastSuccessAt === undefined
      ? []
      : [{ name: 'chartctl_last_success_timestamp_seconds', labels, value: lastSuccessAt / 1000 } as const]),
    { name: 'chartctl_last_run_exit_code', labels, value: exitCode },
    { name: 'chartctl_last_run_duration_seconds', labels, value: Math.round(durationMs) / 1000 },
    { name: 'chartctl_last_run_requests', labels, value: usage.requests },
    { name: 'chartctl_last_run_request_weight', labels, value: usage.weight },
    ...Object.entries(symbols ?? {}).map(
      ([outcome, value]) => ({ name: 'chartctl_last_run_symbols', labels: { command, outcome }, value }) as const,
    ),
  ];
}

/** Counts of a symbol's rows in the window. */
export interface WindowSummary {
  symbol: string;
  /** Open time of the newest stored candle, epoch milliseconds; null when there is none. */
  lastCandleAt: number | null;
  bySource: Readonly<Record<string, number>>;
  valid: number;
  missing: number;
  gaps: number;
  byRule: Readonly<Record<string, number>>;
}

/**
 * The metrics of a symbol's window.
 *
 * @param observedAt when the rows were counted, epoch milliseconds
 * @param minutes the window's length
 */
export function toWindowSamples(summary: WindowSummary, observedAt: number, minutes: number): Sample[] {
  const { symbol, lastCandleAt, bySource, valid, missing, gaps, byRule } = summary;
  const labels = { symbol };
  return [
    { name: 'chartctl_observed_timestamp_seconds', labels, value: Math.round(observedAt) / 1000 },
    ...(lastCandleAt === null
      ? []
      : [{ name: 'chartctl_last_candle_timestamp_seconds', labels, value: lastCandleAt / 1000 } as const]),
    ...Object.entries(bySource).map(
      ([source, value]) => ({ name: 'chartctl_window_rows', labels: { symbol, source }, value }) as const,
    ),
    { name: 'chartctl_window_valid_rows', labels, value: valid },
    { name: 'chartctl_window_missing_rows', labels, value: missing },
    { name: 'chartctl_window_gaps', labels, value: gaps },
    ...Object.entries(byRule).map(
      ([rule, value]) => ({ name: 'chartctl_window_flagged_rows', labels: { symbol, rule }, value }) as const,
    ),
    { name: 'chartctl_ready', labels, value: valid === minutes ? 1 : 0 },
  ];
}

/** The samples of one run. */
interface RunSamples {
  command: string;
  /** Samples of the command. */
  run: readonly Sample[];
  /** Samples of its symbols' windows. */
  windows: readonly Sample[];
  /** Symbols whose samples are removed. */
  retired: readonly string[];
}

/**
 * The file's samples after a run: those of its command and its symbols are replaced, those of retired symbols removed, the
 * others stay. So several commands with different symbols can share one file.
 */
export function mergeSamples(before: readonly Sample[], { command, run, windows, retired }: RunSamples): Sample[] {
  const seen = new Set([...retired, ...windows.map(({ labels }) => labels.symbol)]);
  const kept = before.filter(({ labels }) =>
    labels.command === undefined ? !seen.has(labels.symbol) : labels.command !== command,
  );
  return [...kept, ...run, ...windows];
}

/** When a command last succeeded, epoch milliseconds; undefined if the file does not hold it. */
export function findLastSuccess(samples: readonly Sample[], command: string): number | undefined {
  const found = samples.find(
    ({ name, labels }) => name === 'chartctl_last_success_timestamp_seconds' && labels.command === command,
  );
  return found && found.value * 1000;
}
