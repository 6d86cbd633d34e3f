import type { Market } from '../exchange/market.js';
import type { Store } from '../store/store.js';

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
