import type { Knex } from 'knex';
import { Failure } from '../../core/failure.js';
import { findErrorCode } from '../../database/connection/database-failure.js';
import type { Db, Store, Transaction } from '../../database/store.js';
import { inTransaction } from '../../database/transaction.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';

/** How long another migration, or somebody who uses the table, is waited for. */
const LOCK_TIMEOUT = '60s';
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Everything of one migration in one transaction, beside no other migration (Knex's own first run cannot bear it)
 * and with the chart table, if there is one, to itself.
 */
export function inMigration<T>(store: Store, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return inTransaction(store, async (trx) => {
    // a real prints its shortest decimal, JSON shows UTC, and no limit of the role's ends a long rewrite
    await trx.raw(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await trx.raw(`SET LOCAL statement_timeout = 0`);
    await trx.raw(`SET LOCAL timezone = 'UTC'`);
    await trx.raw(`SET LOCAL extra_float_digits = 1`);
    await describeLockTimeout(trx.raw(`SELECT pg_advisory_xact_lock(hashtext('chartctl migrate'))`), () => {
      const message = `another migration of the database ${store.label} is still running after ${LOCK_TIMEOUT}`;
      return new Failure('locked', message, { hint: 'let it end, then run it again' });
    });
    return await work(trx);
  });
}

/** Keeps everybody else off the chart table until the transaction ends. */
export async function lockChartTable(trx: Db): Promise<void> {
  await trx.raw('SET CONSTRAINTS ALL IMMEDIATE');
  await describeLockTimeout(trx.raw(`LOCK TABLE ${CHART_TABLE} IN ACCESS EXCLUSIVE MODE`), () => {
    const message = `${CHART_TABLE} is in use by another session for more than ${LOCK_TIMEOUT}`;
    return new Failure('temporary', message, { hint: 'run it again when the platform is quiet' });
  });
}

async function describeLockTimeout(work: PromiseLike<unknown>, describe: () => Failure): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw findErrorCode(error) === LOCK_NOT_AVAILABLE ? describe() : error;
  }
}

/** Data and definitions that PostgreSQL rejects: nobody foresaw them, and trying again does not help. */
const REJECTED_SQLSTATES = /^(0A|22|23|2B|42|55000|P0)/;

/** The failure that says what PostgreSQL rejected; any other error comes back as it was. */
export function toMigrationFailure(error: unknown): unknown {
  const code = findErrorCode(error);
  if (error instanceof Failure || !(error instanceof Error) || !code || !REJECTED_SQLSTATES.test(code)) return error;
  const { detail, serverMessage } = error as { detail?: unknown; serverMessage?: unknown };
  const words = [serverMessage ?? error.message, detail].filter((part) => typeof part === 'string').join('; ');
  return new Failure('failed', `the migration was undone, the database rejected it: ${words}`, {
    hint: 'take what it names out of the way, then run it again',
    code: 'MIGRATION_REFUSED',
    cause: error,
  });
}
