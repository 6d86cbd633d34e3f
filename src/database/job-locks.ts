import type { Knex } from 'knex';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import type { KnexDialect } from './connection/knex-dialect.js';
import type { PostgresConnection } from './connection/postgres-connection.js';
import type { Store } from './store.js';
import { DETECT_LOST_CLIENT, hashKey } from './symbol-locks.js';
import { openTransaction, READ_COMMITTED } from './transaction.js';

/** Locks that live as long as an open transaction. */
export interface AcquiredLocks {
  trx: Knex.Transaction;
  /** The transaction's connection. */
  connection: PostgresConnection;
  /** What they are on; what somebody else has is not among it. */
  held: string[];
}

/** Locks that are taken again when their connection is lost. */
export interface MaintainedLocks {
  /** Whether somebody else may have them now. */
  isLost(): boolean;
  /** Aborted, with a Failure, as soon as somebody else has taken one of them meanwhile. */
  takenOver: AbortSignal;
  release(): Promise<void>;
}

/** Often enough to find out within a minute or two that the connection is lost, and for whatever closes idle ones. */
const KEEP_ALIVE_MS = 30_000;
/** Quick at first, to be before anybody else; then no burden for a server that stays away for hours. */
const REACQUIRE_BACKOFF_MS = { first: 100, most: 5_000 };

/**
 * Keeps locks until they are released. The server drops them when it loses their connection: then they are taken again
 * on a new one at once, or as soon as the server is back, before anybody else asks for them if it can be.
 *
 * @param takeAgain takes the same locks, as far as they are free
 * @param toFailure says that somebody else has them
 */
export function maintainLocks(
  first: AcquiredLocks,
  takeAgain: () => Promise<AcquiredLocks>,
  toFailure: () => Failure,
): MaintainedLocks {
  const taken = new AbortController();
  let current = first;
  let isReleased = false;
  let retaking = Promise.resolve();

  const retake = async () => {
    await current.trx.rollback(); // gives the pool its dead connection back
    let pauseMs = REACQUIRE_BACKOFF_MS.first;
    while (!isReleased && !taken.signal.aborted) {
      try {
        const again = await takeAgain();
        if (again.held.length === first.held.length) return keep(again);
        taken.abort(toFailure());
        await again.trx.rollback();
      } catch {
        await sleep(pauseMs); // as long as nobody can ask the database, nobody else gets them either
        pauseMs = Math.min(pauseMs * 2, REACQUIRE_BACKOFF_MS.most);
      }
    }
  };
  const keep = (locks: AcquiredLocks) => {
    current = locks;
    void locks.connection.closed.then(() => (retaking = retake()));
  };
  keep(first);
  const timer = setInterval(() => {
    const { trx, connection } = current;
    // a statement that fails ends the transaction, and the locks with it: to be noticed as a connection's end is
    trx.raw('SELECT 1').catch(() => (isReleased ? undefined : connection.close()));
  }, KEEP_ALIVE_MS).unref();

  return {
    isLost: () => current.connection.__knex__disposed !== undefined,
    takenOver: taken.signal,
    release: async () => {
      isReleased = true;
      clearInterval(timer);
      await retaking;
      if (!current.trx.isCompleted()) await current.trx.rollback();
    },
  };
}
const JOB_LOCK_CLASS = 20_002;

/** How long the connection beside the locks may take; a server itself answers at once. */
const SECOND_CONNECTION_TIMEOUT_MS = 10_000;

/** The symbols on which a command may run now, held until `release`. */
export interface JobLocks extends MaintainedLocks {
  held: string[];
}

/**
 * Keeps the same command from running twice on a symbol.
 *
 * The locks live in an open transaction on a connection of their own, so they work through a transaction
 * pooler and end with the process. The embedded database is one process at a time and needs none.
 */
export async function acquireJobLocks(store: Store, command: string, symbols: readonly string[]): Promise<JobLocks> {
  if (store.kind === 'embedded') return { ...NO_LOCKS, held: [...symbols] };
  const first = await tryJobLocks(store, command, symbols);
  try {
    await requireSecondConnection(store);
  } catch (error) {
    await first.trx.rollback();
    throw error;
  }
  const takeAgain = () => tryJobLocks(store, command, first.held);
  return { held: first.held, ...maintainLocks(first, takeAgain, () => toTakenOverFailure(store, command)) };
}

const NO_LOCKS: MaintainedLocks = {
  isLost: () => false,
  takenOver: new AbortController().signal,
  release: () => Promise.resolve(),
};

function toTakenOverFailure({ label }: Store, command: string): Failure {
  return new Failure('locked', `the connection to ${label} was lost, and another ${command} took over`, {
    code: 'TAKEN_OVER',
    hint: 'this one was stopped, so that no two do the same; the other one goes on',
  });
}

async function tryJobLocks({ knex }: Store, command: string, symbols: readonly string[]): Promise<AcquiredLocks> {
  const trx = await openTransaction(knex, READ_COMMITTED);
  try {
    const keys = symbols.map((symbol) => toJobKey(command, symbol));
    const { rows } = await trx.raw<{ rows: { place: number; held: boolean }[] }>(
      `SELECT place::int, pg_try_advisory_xact_lock(?, key) AS held, n.*
       FROM (SELECT ${DETECT_LOST_CLIENT}) n,
         unnest(?::int[]) WITH ORDINALITY AS k(key, place) ORDER BY place`,
      [JOB_LOCK_CLASS, keys],
    );
    const slot = await (trx.client as KnexDialect).acquireConnection();
    return { trx, connection: slot, held: symbols.filter((_, i) => rows[i]!.held) };
  } catch (error) {
    await trx.rollback();
    throw error;
  }
}

/**
 * A pooler may have given its last connection to the locks, and every other job's to theirs: then all would wait for
 * each other. Whoever gets no second one in time gives the first one up.
 *
 * @throws Knex's KnexTimeoutError
 */
async function requireSecondConnection({ knex }: Store): Promise<void> {
  await knex.raw('SELECT 1').timeout(SECOND_CONNECTION_TIMEOUT_MS);
}

/** Asks which locks of jobs are held now, by whomever: the answer says it of a command on a symbol. */
export async function findHeldJobLocks(db: Knex): Promise<(command: string, symbol: string) => boolean> {
  const { rows } = await db.raw<{ rows: { key: number }[] }>(
    `SELECT objid::bigint::bit(32)::int AS key FROM pg_locks
     WHERE locktype = 'advisory' AND classid::bigint = ? AND objsubid = 2 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [JOB_LOCK_CLASS],
  );
  const held = new Set(rows.map(({ key }) => key));
  return (command, symbol) => held.has(toJobKey(command, symbol));
}

function toJobKey(command: string, symbol: string): number {
  return hashKey(`${command} ${symbol}`);
}
