import { DAY_MS } from '../../core/minute.js';
import { readDatabaseClock } from '../../database/server-facts.js';
import type { Db } from '../../database/store.js';
import { inTransaction, withRetries } from '../../database/transaction.js';
import { pruneHistory } from '../../tables/changes.js';
import { dropEmptyChunks } from '../../tables/engine/timescaledb/drop-chunks.js';
import { pruneJobs } from '../../tables/prune-jobs.js';
import type { JobContext } from '../job.js';

/** Removes the symbol's audit records that are older than `keepDays` by the database's clock. */
export function pruneSymbolHistory({ store }: JobContext, symbol: string, keepDays: number): Promise<number> {
  return inTransaction(store, async (trx) => {
    return pruneHistory(trx, symbol, await daysAgo(trx, keepDays));
  });
}

/** Removes the records of jobs that are older than `keepDays` by the database's clock and have no audit records left. */
export async function pruneOldJobs({ store, onNotice }: JobContext, keepDays: number): Promise<void> {
  const removed = await withRetries(store, async () => pruneJobs(store.knex, await daysAgo(store.knex, keepDays)));
  if (removed > 0) {
    onNotice?.(`removed the records of ${removed} jobs older than ${keepDays} days without audit records`);
  }
}

/** Frees the space of the chunks that end before a time and whose rows were all removed. */
export async function dropOldChunks({ store, onNotice }: JobContext, before: Date): Promise<void> {
  const dropped = await dropEmptyChunks(store, before);
  if (dropped > 0) onNotice?.(`dropped ${dropped} chunks that held no row any more`);
}

async function daysAgo(db: Db, days: number): Promise<Date> {
  const now = await readDatabaseClock(db);
  return new Date(now.getTime() - days * DAY_MS);
}
