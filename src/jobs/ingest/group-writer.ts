import { Semaphore } from '../../core/semaphore.js';
import type { Store } from '../../database/store.js';
import { tryLockSymbols } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
import type { CandleColumns } from '../../rows/candle-columns.js';
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
/** How long a group waits for symbols that are still being fetched. */
const GATHER_MS = 200;
/** Symbols written concurrently in transactions of their own; the limit leaves connections of the pool to other work. */
const MAX_SINGLE_WRITES = 3;

interface PendingWrite extends CandleBatch {
  resolve: (counts: WriteCounts) => void;
  reject: (error: unknown) => void;
}

/**
 * Writes the candles of the symbols of one job, combining writes that arrive within `GATHER_MS` into one transaction.
 *
 * A symbol that another job has locked, and every symbol of a transaction that fails, is written in its own
 * transaction, so that no symbol waits for another one's lock or fails because of another one.
 */
export class GroupWriter {
  readonly #store: Store;
  readonly #singleWrites = new Semaphore(MAX_SINGLE_WRITES);
  #pending: PendingWrite[] = [];
  #isWriting = false;
  /** Symbols that may still call `write`. */
  #expected: number;
  #stopGathering: () => void = () => undefined;

  /** @param symbols how many symbols will write; `finishSymbol` must be called for each when it writes no more */
  constructor(store: Store, symbols: number) {
    this.#store = store;
    this.#expected = symbols;
  }

  /** @param candles of at most 1,000 minutes; a symbol must not call `write` again before this call has ended */
  async write(candles: CandleColumns, options: WriteOptions): Promise<WriteCounts> {
    if (candles.length === 0) return NO_COUNTS;
    this.#expected -= 1;
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.push({ candles, options, resolve, reject });
        this.#checkGathered();
        if (!this.#isWriting) void this.#writeAll();
      });
    } finally {
      this.#expected += 1;
    }
  }

  finishSymbol(): void {
    this.#expected -= 1;
    this.#checkGathered();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#pending.length > 0) {
      await this.#gather();
      const group = this.#pending.splice(0, MAX_SYMBOLS);
      for (const write of await this.#writeTogether(group)) void this.#writeAlone(write);
    }
    this.#isWriting = false;
  }

  /** Waits until the group is full, no further symbol is expected, or `GATHER_MS` have passed. */
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
    return this.#expected === 0 || this.#pending.length >= MAX_SYMBOLS;
  }

  #checkGathered(): void {
    if (this.#isGathered()) this.#stopGathering();
  }

  /** @returns the writes that need their own transaction */
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
          return new Map(free.map((write, i) => [write, found[i]!]));
        },
        [UNIQUE_VIOLATION],
      );
      for (const [write, found] of counts) write.resolve(found);
      return group.filter((write) => !counts.has(write));
    } catch {
      return group; // the error occurs again in the transaction of the symbol that caused it
    }
  }

  async #writeAlone({ candles, options, resolve, reject }: PendingWrite): Promise<void> {
    const release = await this.#singleWrites.acquire();
    await writeCandles(this.#store, candles, options).then(resolve, reject);
    release();
  }
}
