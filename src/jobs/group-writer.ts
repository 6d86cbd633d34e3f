import type { Candle } from '../core/candle.js';
import { Turnstile } from '../exchange/turnstile.js';
import { lockFreeSymbols } from '../store/locks.js';
import { inTransaction, type Store } from '../store/store.js';
import { ADDED_MEANWHILE, NO_COUNTS, writeCandles, type WriteCounts, type WriteOptions } from './write-candles.js';
import { writeStretches, type Stretch } from './write-stretches.js';

/** Symbols written in one transaction. */
const MOST_SYMBOLS = 100;
/** Symbols written side by side when they could not be written together: they must leave connections for the others. */
const ALONE_AT_ONCE = 3;

interface Waiting extends Stretch {
  resolve: (counts: WriteCounts) => void;
  reject: (error: unknown) => void;
}

/**
 * Writes the candles of many symbols of one job, those that arrive while others are being written together in one
 * transaction.
 *
 * A symbol that another writer holds, and every symbol of a transaction that fails, is written alone: nobody waits
 * for another's symbol, and one symbol's failure stays its own.
 */
export class GroupWriter {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  #isWriting = false;
  readonly #alone = new Turnstile(ALONE_AT_ONCE);

  constructor(store: Store) {
    this.#store = store;
  }

  /** @param candles of at most a thousand minutes; no other candles of this symbol are on their way */
  write(candles: readonly Candle[], options: WriteOptions): Promise<WriteCounts> {
    if (candles.length === 0) return Promise.resolve(NO_COUNTS);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ candles, options, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MOST_SYMBOLS);
      for (const waiting of await this.#writeTogether(group)) void this.#writeAlone(waiting);
    }
    this.#isWriting = false;
  }

  /** Answers those that are still to be written. */
  async #writeTogether(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    try {
      const counts = await inTransaction(
        this.#store,
        async (trx) => {
          const { locked, now } = await lockFreeSymbols(
            trx,
            group.map(({ options }) => options.symbol),
          );
          const free = group.filter(({ options }) => locked.has(options.symbol));
          const found = free.length > 0 ? await writeStretches(trx, free, now) : [];
          return new Map(free.map((waiting, i) => [waiting, found[i]!]));
        },
        [ADDED_MEANWHILE],
      );
      for (const [waiting, found] of counts) waiting.resolve(found);
      return group.filter((waiting) => !counts.has(waiting));
    } catch {
      return group; // written alone, the symbol that is at fault meets its error again
    }
  }

  async #writeAlone({ candles, options, resolve, reject }: Waiting): Promise<void> {
    const leave = await this.#alone.enter();
    await writeCandles(this.#store, candles, options).then(resolve, reject);
    leave();
  }
}
