import type { ExitCode, Failure } from '../core/failure.js';

/** How one symbol of a job ended: with a summary, or with a failure. */
export interface SymbolOutcome<S> {
  symbol: string;
  summary?: S;
  failure?: Failure;
}

export interface JobResult<S> {
  /** The row in `chartctl_jobs`; null when nothing may be recorded (dry runs). */
  jobId: number | null;
  exitCode: ExitCode;
  outcomes: SymbolOutcome<S>[];
  /** What was done, summed over the symbols, by the words of `chartctl_jobs.counts`. */
  counts: Record<string, number>;
}

/** What every job over symbols takes. */
export interface JobOptions {
  /** The symbols in order, or all that the database holds. */
  symbols: readonly string[] | 'all';
  /** What happens when another job of this command holds every symbol: exit 11, or 0. */
  ifLocked?: 'fail' | 'skip' | undefined;
  /** How long one write transaction waits for its symbol. Default 10 s. */
  lockWaitMs?: number | undefined;
}
