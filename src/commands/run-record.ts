import type { Sample } from '../metrics/sample.js';

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
