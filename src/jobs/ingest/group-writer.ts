import type { Candle } from '../../core/candle.js';
import { Semaphore } from '../../core/semaphore.js';
import type { Store } from '../../database/store.js';
import { tryLockSymbols } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
import {
  type CandleBatch,
  NO_COUNTS,
  upsertCandles,
  type WriteCounts,
  type WriteOptions,
} from '../write/upsert-candles.js';
import { UNIQUE_VIOLATION, writeCandles } from '../write/write-candles.js';

/** Symbols written in one transaction. */
const MAX_SYMBOLS = 100;
/** How long a group waits for more symbols while there are more to come. */
const GATHER_MS = 200;
/** Symbols written side by side when they could not be written together: they must leave connections for the others. */
const MAX_SINGLE_WRITES = 3;

interface PendingWrite extends CandleBatch {
  resolve: (counts: WriteCounts) => void;
  reject: (error: unknown) => void;
}

/**
 * Writes the candles of many symbols of one job, those that arrive within a moment together in one transaction.
 *
 * A symbol that another writer holds, and every symbol of a transaction that fails, is written alone: nobody waits
 * for another's symbol, and one symbol's failure stays its own.
 */
export class GroupWriter {
  readonly #store: Store;
  readonly #alone = new Semaphore(MAX_SINGLE_WRITES);
  #waiting: PendingWrite[] = [];
  #isWriting = false;
  /** Symbols that may yet come with candles. */
  #toCome: number;
  #stopGathering: () => void = () => undefined;

  /** @param symbols how many will come; each `leave`s when it has nothing more to write */
  constructor(store: Store, symbols: number) {
    this.#store = store;
    this.#toCome = symbols;
  }

  /** @param candles of at most a thousand minutes; no other candles of this symbol are on their way */
  async write(candles: readonly Candle[], options: WriteOptions): Promise<WriteCounts> {
    if (candles.length === 0) return NO_COUNTS;
    this.#toCome -= 1;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.push({ candles, options, resolve, reject });
        this.#hurryIfDone();
        if (!this.#isWriting) void this.#writeAll();
      });
    } finally {
      this.#toCome += 1;
    }
  }

  /** A symbol has nothing more to write. */
  finishSymbol(): void {
    this.#toCome -= 1;
    this.#hurryIfDone();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await this.#gather();
      const group = this.#waiting.splice(0, MAX_SYMBOLS);
      for (const waiting of await this.#writeTogether(group)) void this.#writeAlone(waiting);
    }
    this.#isWriting = false;
  }

  /** Waits for a group worth a transaction, or until nobody else comes. */
  async #gather(): Promise<void> {
    if (this.#isGathered()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#stopGathering = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #isGathered(): boolean {
    return this.#toCome === 0 || this.#waiting.length >= MAX_SYMBOLS;
  }

  #hurryIfDone(): void {
    if (this.#isGathered()) this.#stopGathering();
  }

  /** Answers those that are still to be written. */
  async #writeTogether(group: readonly PendingWrite[]): Promise<readonly PendingWrite[]> {
    try {
      const counts = await inTransaction(
        this.#store,
        async (trx) => {
          const { locked, now } = await tryLockSymbols(
            trx,
            group.map(({ options }) => options.symbol),
          );
          const free = group.filter(({ options }) => locked.has(options.symbol));
          const found = free.length > 0 ? await upsertCandles(trx, free, now) : [];
          return new Map(free.map((waiting, i) => [waiting, found[i]!]));
        },
        [UNIQUE_VIOLATION],
      );
      for (const [waiting, found] of counts) waiting.resolve(found);
      return group.filter((waiting) => !counts.has(waiting));
    } catch {
      return group; // written alone, the symbol that is at fault meets its error again
    }
  }

  async #writeAlone({ candles, options, resolve, reject }: PendingWrite): Promise<void> {
    const leave = await this.#alone.acquire();
    await writeCandles(this.#store, candles, options).then(resolve, reject);
    leave();
  }
}
