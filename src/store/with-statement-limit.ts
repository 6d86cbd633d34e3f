import type { Db, Transaction } from './handles.js';

/**
 * Asks in one transaction, in which no statement may take longer, also not by waiting for somebody's lock: then it
 * fails with SQLSTATE 57014, and with it the rest. It can be taken back at the database alone: a statement that runs
 * keeps its connection, and that the process.
 */
export function withStatementLimit<T>(db: Db, limitMs: number, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (trx) => {
    await trx.raw(`SET LOCAL statement_timeout = ${limitMs}`);
    return work(trx);
  });
}
