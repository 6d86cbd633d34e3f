import type { Sample } from './sample.js';

/** What the table holds of a symbol's last minutes. */
export interface WindowState {
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
 * @param observedAt when it was looked at, epoch milliseconds
 * @param minutes of the window
 */
export function describeWindow(state: WindowState, observedAt: number, minutes: number): Sample[] {
  const { symbol, lastCandleAt, bySource, valid, missing, gaps, byRule } = state;
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
