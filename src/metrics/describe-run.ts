import type { Sample } from './sample.js';

/** How one run of a command ended. */
export interface RunEnd {
  command: string;
  /** Epoch milliseconds. */
  endedAt: number;
  durationMs: number;
  exitCode: number;
  /** When the command last did its work, this run included; undefined when that is not known. */
  lastSuccessAt: number | undefined;
  usage: { requests: number; weight: number };
  /** How many symbols ended how; undefined when the run did not get so far. */
  symbols: { done: number; failed: number } | undefined;
}

/** The metrics of a run. */
export function describeRun({
  command,
  endedAt,
  durationMs,
  exitCode,
  lastSuccessAt,
  usage,
  symbols,
}: RunEnd): Sample[] {
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
