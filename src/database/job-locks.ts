import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import type { KnexDialect } from './connection/knex-dialect.js';
import type { PostgresConnection } from './connection/postgres-connection.js';
import type { Db, Store, Transaction } from './store.js';
import { DETECT_LOST_CLIENT, hashKey } from './symbol-locks.js';
import { openTransaction, READ_COMMITTED } from './transaction.js';

/** The first key of the advisory locks for running a command on a symbol. */
const JOB_LOCK_CLASS = 20_002;

/** How long opening a connection beside the locks may take; a server without a pooler answers at once. */
const SECOND_CONNECTION_TIMEOUT_MS = 10_000;

/** Locks that are acquired again when their connection is lost. */
interface MaintainedLocks {
  /** Whether another process may hold them now. */
  isLost(): boolean;
  /** Aborted, with a Failure, as soon as another process has acquired one of them in the meantime. */
  takenOver: AbortSignal;
  release(): Promise<void>;
}

/** The symbols on which a command may run now, until `release`. */
interface JobLocks extends MaintainedLocks {
  held: string[];
}

const NO_LOCKS: MaintainedLocks = {
  isLost: () => false,
  takenOver: new AbortController().signal,
  release: () => Promise.resolve(),
};

/**
 * Acquires the locks that keep a command from running twice on a symbol; symbols whose lock is held elsewhere are not
 * in `held`.
 *
 * The locks belong to an open transaction on a connection of its own: this works through a transaction pooler, and they
 * are released when the process ends. The embedded database is open in one process only and needs no locks.
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
  const reacquire = () => tryJobLocks(store, command, first.held);
  return { held: first.held, ...maintainLocks(first, reacquire, () => toTakenOverFailure(store, command)) };
}

/** Finds out which job locks are held now, in any process; the result tells it of a command and a symbol. */
export async function findHeldJobLocks(db: Db): Promise<(command: string, symbol: string) => boolean> {
  const { rows } = await db.raw<{ rows: { key: number }[] }>(
    `SELECT objid::bigint::bit(32)::int AS key FROM pg_locks
     WHERE locktype = 'advisory' AND classid::bigint = ? AND objsubid = 2 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [JOB_LOCK_CLASS],
  );
  const held = new Set(rows.map(({ key }) => key));
  return (command, symbol) => held.has(toJobKey(command, symbol));
}

/** Locks that are held as long as a transaction is open. */
interface AcquiredLocks {
  trx: Transaction;
  /** The transaction's connection. */
  connection: PostgresConnection;
  /** The symbols whose locks were free. */
  held: string[];
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
    const connection = await (trx.client as KnexDialect).acquireConnection();
    return { trx, connection, held: symbols.filter((_, i) => rows[i]!.held) };
  } catch (error) {
    await trx.rollback();
    throw error;
  }
}

/**
 * A pooler with few server connections could give all of them to the locks of jobs, which then would all wait for a
 * second one: a job that gets none in time releases its locks.
 *
 * @throws Knex's KnexTimeoutError
 */
async function requireSecondConnection({ knex }: Store): Promise<void> {
  await knex.raw('SELECT 1').timeout(SECOND_CONNECTION_TIMEOUT_MS);
}

function toTakenOverFailure({ label }: Store, command: string): Failure {
  return new Failure('locked', `the connection to ${label} was lost, and another ${command} took over`, {
    code: 'TAKEN_OVER',
    hint: 'this one was stopped, so that the work is not done twice; the other one continues',
  });
}

function toJobKey(command: string, symbol: string): number {
  return hashKey(`${command} ${symbol}`);
}

/** How often the connection is used, so that its loss is noticed and it is not closed as idle. */
const KEEP_ALIVE_MS = 30_000;
/** Short at first, to be earlier than other processes; then longer, for a server that is away for hours. */
const BACKOFF_MS = { first: 100, max: 5_000 };

/**
 * Holds locks until they are released. When their connection is lost, the server releases them; they are then acquired
 * again on a new connection as soon as the server can be reached.
 *
 * @param reacquire acquires those of the same locks that are free
 * @param toFailure the reason of `takenOver`
 */
function maintainLocks(
  first: AcquiredLocks,
  reacquire: () => Promise<AcquiredLocks>,
  toFailure: () => Failure,
): MaintainedLocks {
  const takenOver = new AbortController();
  let current = first;
  let isReleased = false;
  let recovering = Promise.resolve();

  const recover = async () => {
    await current.trx.rollback(); // returns the dead connection to the pool
    let pauseMs = BACKOFF_MS.first;
    while (!isReleased && !takenOver.signal.aborted) {
      try {
        const again = await reacquire();
        if (again.held.length === first.held.length) return hold(again);
        takenOver.abort(toFailure());
        await again.trx.rollback();
      } catch {
        await sleep(pauseMs); // while the database cannot be reached, other processes cannot acquire the locks either
        pauseMs = Math.min(pauseMs * 2, BACKOFF_MS.max);
      }
    }
  };
  const hold = (locks: AcquiredLocks) => {
    current = locks;
    void locks.connection.closed.then(() => (recovering = recover()));
  };
  hold(first);
  const timer = setInterval(() => {
    const { trx, connection } = current;
    // a statement that fails ends the transaction and releases the locks: treated like a lost connection
    trx.raw('SELECT 1').catch(() => (isReleased ? undefined : connection.close()));
  }, KEEP_ALIVE_MS).unref();

  return {
    isLost: () => current.connection.__knex__disposed !== undefined,
    takenOver: takenOver.signal,
    release: async () => {
      isReleased = true;
      clearInterval(timer);
      await recovering;
      if (!current.trx.isCompleted()) await current.trx.rollback();
    },
  };
}
