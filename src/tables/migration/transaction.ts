import { Failure } from '../../core/failure.js';
import { findErrorCode } from '../../database/connection/database-failure.js';
import type { Db, Store, Transaction } from '../../database/store.js';
import { inTransaction, withRetries, withRollback } from '../../database/transaction.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';

/**
 * How long to wait for another migration, or for other sessions that use the table: those that come meanwhile wait behind.
 * A rehearsal is not worth a minute without an ingest.
 */
const [LOCK_TIMEOUT_MS, REHEARSAL_LOCK_TIMEOUT_MS] = [60_000, 5_000];
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Settings of the engines, which have no effect elsewhere. Citus uses one connection for each worker, since a view or a
 * table that the transaction has changed is seen by that connection alone. TimescaleDB decompresses what an adoption marks.
 */
const ENGINE_SETTINGS = `
  SET LOCAL citus.multi_shard_modify_mode = 'sequential';
  SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0`;

/** How a migration's transaction ends, and how long it waits. */
export interface MigrationRun {
  /** Undo everything at the end. */
  isRehearsal?: boolean | undefined;
  /** How long to wait for another migration, or for other sessions that use the table. Default: 60 s, 5 s to rehearse. */
  lockTimeoutMs?: number | undefined;
}

/**
 * Runs a migration in one transaction and under a lock: two concurrent first runs of Knex's migrator fail on its own
 * tables.
 */
export function inMigration<T>(
  store: Store,
  work: (trx: Transaction) => Promise<T>,
  { isRehearsal = false, lockTimeoutMs = isRehearsal ? REHEARSAL_LOCK_TIMEOUT_MS : LOCK_TIMEOUT_MS }: MigrationRun = {},
): Promise<T> {
  const locked = async (trx: Transaction) => {
    // these make JSON show UTC, and prevent a role's timeout from ending a long rewrite
    await trx.raw(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    await trx.raw(`SET LOCAL statement_timeout = 0`);
    await trx.raw(`SET LOCAL timezone = 'UTC'`);
    await trx.raw(ENGINE_SETTINGS);
    await describeLockTimeout(trx.raw(`SELECT pg_advisory_xact_lock(hashtext('chartctl migrate'))`), () => {
      const message = `another migration of the database ${store.label} is still running after ${lockTimeoutMs / 1000} s`;
      return new Failure('locked', message, { hint: 'wait until it has ended, then run this again' });
    });
    return await work(trx);
  };
  return isRehearsal ? withRetries(store, () => withRollback(store, locked)) : inTransaction(store, locked);
}

/** Locks the chart table against all other sessions until the transaction ends. */
export async function lockChartTable(trx: Db): Promise<void> {
  await trx.raw('SET CONSTRAINTS ALL IMMEDIATE');
  await describeLockTimeout(trx.raw(`LOCK TABLE ${CHART_TABLE} IN ACCESS EXCLUSIVE MODE`), () => {
    const message = `${CHART_TABLE} is in use by another session, which has not ended in time`;
    return new Failure('temporary', message, { hint: 'run this again when no other session uses the table' });
  });
}

async function describeLockTimeout(work: PromiseLike<unknown>, describe: () => Failure): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw findErrorCode(error) === LOCK_NOT_AVAILABLE ? describe() : error;
  }
}

/** SQLSTATE of data and definitions that PostgreSQL rejects, so that a retry does not help. */
const REJECTED_SQLSTATES = /^(0A|22|23|2B|42|55000|P0)/;

/** Converts an error of PostgreSQL that rejects data or definitions to a Failure; returns any other error unchanged. */
export function toMigrationFailure(error: unknown): unknown {
  const code = findErrorCode(error);
  if (error instanceof Failure || !(error instanceof Error) || !code || !REJECTED_SQLSTATES.test(code)) return error;
  const { detail, serverMessage } = error as { detail?: unknown; serverMessage?: unknown };
  const words = [serverMessage ?? error.message, detail].filter((part) => typeof part === 'string').join('; ');
  return new Failure('failed', `the migration was undone, the database rejected it: ${words}`, {
    hint: 'remove or change what the message names, then run this again',
    code: 'MIGRATION_REFUSED',
    cause: error,
  });
}
