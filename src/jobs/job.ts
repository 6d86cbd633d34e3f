import type { ExitCode, Failure } from '../core/failure.js';
import type { Store } from '../database/store.js';
import type { Market } from '../exchange/market.js';

/** How far a job has come. */
export interface Progress {
  /** Which symbol it is about. */
  symbol: string;
  /** What is done of this symbol. */
  done: number;
  /** What is to do, with what is done. */
  total: number;
  /** What is counted. */
  unit: 'minutes' | 'rows';
}

/** What a job works with that asks no exchange. The shell hands it in open and closes it afterwards. */
export interface StoreContext {
  store: Store;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** A message for people that is not part of the result. */
  onNotice?: ((message: string) => void) | undefined;
  /** Takes what a program of the user's prints; without it that goes to stderr untouched. */
  onOutput?: ((text: string) => void) | undefined;
}

/** What a job works with that asks exchanges. */
export interface JobContext extends StoreContext {
  market: Market;
}

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

/** How long a write transaction waits for its symbol when nothing else was said. */
export const DEFAULT_LOCK_WAIT_MS = 10_000;
