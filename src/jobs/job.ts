import type { ExitCode, Failure } from '../core/failure.js';
import { DEFAULTS } from '../core/limits.js';
import type { Store } from '../database/store.js';
import type { Market } from '../exchange/market.js';

/** The progress of a job on one symbol. */
export interface Progress {
  /** The symbol that is being processed. */
  symbol: string;
  /** The part that is done. */
  done: number;
  /** Including what is done. */
  total: number;
  /** The unit of `done` and `total`. */
  unit: 'minutes' | 'rows';
}

/** The context of a job that needs no exchange. The caller opens it and closes it after the job. */
export interface StoreContext {
  store: Store;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Receives the symbols of a job that processes one after the other, before the first of them. */
  onBegin?: ((symbols: readonly string[]) => void) | undefined;
  /** Receives each of these symbols when it was processed, whether it succeeded or not. */
  onSymbolEnd?: ((symbol: string) => void) | undefined;
  /** Receives messages for the user that are not part of the result. */
  onNotice?: ((message: string) => void) | undefined;
  /** Receives the output of a user's program; by default that output goes to stderr unchanged. */
  onOutput?: ((text: string) => void) | undefined;
}

/** The context of a job that sends requests to exchanges. */
export interface JobContext extends StoreContext {
  market: Market;
}

/** The result for one symbol: a summary or a failure. */
export interface SymbolOutcome<S> {
  symbol: string;
  summary?: S;
  failure?: Failure;
  /** Beside a summary: what it leaves undone (exit 3). */
  problem?: Failure;
}

export interface JobResult<S> {
  /** The row in `chartctl_jobs`; null when the job was not recorded. */
  jobId: number | null;
  exitCode: ExitCode;
  outcomes: SymbolOutcome<S>[];
  /** The counts of `chartctl_jobs.counts`, summed over the symbols. */
  counts: Record<string, number>;
}

/** The options of every job over symbols. */
export interface JobOptions {
  /** The symbols in order, or all symbols of the database. */
  symbols: readonly string[] | 'all';
  /** Also process named symbols that are retired, as functions of the package do. */
  includesRetired?: boolean | undefined;
  /** Whether a symbol that another job of this command has locked is a failure (exit 11 if all are) or is skipped. */
  ifLocked?: 'fail' | 'skip' | undefined;
  /** How long one write transaction waits for the lock of its symbol. Default 10 s. */
  lockWaitMs?: number | undefined;
}

/** Default of `JobOptions.lockWaitMs`. */
export const DEFAULT_LOCK_WAIT_MS = DEFAULTS.lockWaitSeconds * 1000;
