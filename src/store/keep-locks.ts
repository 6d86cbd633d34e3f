import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Failure } from '../core/failure.js';
import type { PostgresSlot } from './connection/postgres-slot.js';

/** Locks that live as long as an open transaction. */
export interface TakenLocks {
  trx: Knex.Transaction;
  /** The transaction's connection. */
  slot: PostgresSlot;
  /** What they are on; what somebody else has is not among it. */
  held: string[];
}

/** Locks that are taken again when their connection is lost. */
export interface KeptLocks {
  /** Whether somebody else may have them now. */
  isLost(): boolean;
  /** Aborted, with a Failure, as soon as somebody else has taken one of them meanwhile. */
  taken: AbortSignal;
  release(): Promise<void>;
}

/** Often enough to find out within a minute or two that the connection is lost, and for whatever closes idle ones. */
const KEEP_ALIVE_MS = 30_000;
/** Quick at first, to be before anybody else; then no burden for a server that stays away for hours. */
const RETAKE_PAUSE_MS = { first: 100, most: 5_000 };

/**
 * Keeps locks until they are released. The server drops them when it loses their connection: then they are taken again
 * on a new one at once, or as soon as the server is back, before anybody else asks for them if it can be.
 *
 * @param takeAgain takes the same locks, as far as they are free
 * @param toFailure says that somebody else has them
 */
export function keepLocks(
  first: TakenLocks,
  takeAgain: () => Promise<TakenLocks>,
  toFailure: () => Failure,
): KeptLocks {
  const taken = new AbortController();
  let current = first;
  let isReleased = false;
  let retaking = Promise.resolve();

  const retake = async () => {
    await current.trx.rollback(); // gives the pool its dead connection back
    let pauseMs = RETAKE_PAUSE_MS.first;
    while (!isReleased && !taken.signal.aborted) {
      try {
        const again = await takeAgain();
        if (again.held.length === first.held.length) return keep(again);
        taken.abort(toFailure());
        await again.trx.rollback();
      } catch {
        await sleep(pauseMs); // as long as nobody can ask the database, nobody else gets them either
        pauseMs = Math.min(pauseMs * 2, RETAKE_PAUSE_MS.most);
      }
    }
  };
  const keep = (locks: TakenLocks) => {
    current = locks;
    void locks.slot.lost.then(() => (retaking = retake()));
  };
  keep(first);
  const timer = setInterval(() => {
    const { trx, slot } = current;
    // a statement that fails ends the transaction, and the locks with it: to be noticed as a connection's end is
    trx.raw('SELECT 1').catch(() => (isReleased ? undefined : slot.close()));
  }, KEEP_ALIVE_MS).unref();

  return {
    isLost: () => current.slot.__knex__disposed !== undefined,
    taken: taken.signal,
    release: async () => {
      isReleased = true;
      clearInterval(timer);
      await retaking;
      if (!current.trx.isCompleted()) await current.trx.rollback();
    },
  };
}
