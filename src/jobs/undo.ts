import { Failure } from '../core/failure.js';
import type { Minute } from '../core/minute.js';
import { acquireJobLocks } from '../database/job-locks.js';
import type { Db, Transaction } from '../database/store.js';
import { lockSymbol } from '../database/symbol-locks.js';
import { inTransaction, withRollback } from '../database/transaction.js';
import { findLiveUndos } from '../quality/audit-trail.js';
import { openCompressedChunks } from '../tables/engine/timescaledb/compressed-chunks.js';
import { findJob, type StoredJob } from '../tables/jobs.js';
import { requireCurrentSchema } from '../tables/migration/require-current-schema.js';
import { findChangedSymbols, findLaterJobs, restoreRows } from '../tables/undo.js';
import { findUndos, type StoredUndo } from '../tables/undos.js';
import { DEFAULT_LOCK_WAIT_MS, type JobOptions, type JobResult, type StoreContext } from './job.js';
import { rebuildAffected } from './rebuild.js';
import { runJob } from './run-job.js';

const COMMAND = 'undo';

interface UndoOptions extends Omit<JobOptions, 'symbols'> {
  /** The job to undo. */
  job: number;
  /** Only count what would be restored. */
  dryRun?: boolean | undefined;
}

export interface UndoSummary {
  /** Rows restored to their state before the job; rows that the job had inserted are removed. */
  restored: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
}

/**
 * Restores the rows that a job changed, deleted or inserted, and rebuilds the indicators. An undo can be undone, too.
 *
 * @throws Failure if the job does not exist or cannot be undone, or with the numbers of later jobs that changed the same
 * rows
 */
export async function undo(context: StoreContext, options: UndoOptions): Promise<JobResult<UndoSummary>> {
  const { store } = context;
  await requireCurrentSchema(store);
  const job = await getUndoable(context, options.job);
  const symbols = await findChangedSymbols(store.knex, job.id);
  // to undo an undo, runJob takes the only lock that is needed
  const locks = job.command === COMMAND || options.dryRun ? null : await acquireJobLocks(store, job.command, symbols);
  try {
    if (locks && locks.held.length < symbols.length) {
      throw new Failure('locked', `job ${job.id} cannot be undone while another ${job.command} is running`);
    }
    await requireNoLaterChanges(store.knex, job.id, symbols);
    return await runJob(
      context,
      { ...options, symbols },
      {
        command: COMMAND,
        arguments: { undoes: job.id },
        readOnly: options.dryRun,
        retired: 'included',
        work: (symbol, jobId) => undoSymbol(context, options, { symbol, jobId, undone: job.id }),
        countsOf: (summary) => ({ ...summary }),
      },
    );
  } finally {
    await locks?.release();
  }
}

async function getUndoable({ store }: StoreContext, id: number): Promise<StoredJob> {
  const job = await findJob(store.knex, id);
  if (!job) throw new Failure('usage', `there is no job ${id}`, { hint: 'chartctl jobs lists them' });
  if (job.command === 'migrate') {
    throw new Failure('usage', `job ${id} was a migration`, {
      hint: 'chartctl migrate --rollback reverts migrations',
    });
  }
  const undos = await findUndos(store.knex);
  const by = findLiveUndos(undos.filter(({ isWhole }) => isWhole)).get(id);
  if (by === undefined) return job;
  throw new Failure('failed', `job ${id} was already undone by job ${by}`, {
    hint: `chartctl undo ${by} restores its changes`,
  });
}

/** The undos in effect on a symbol; an interrupted undo counts for the symbols that it finished. */
function findUndosOfSymbol(symbol: string, undos: readonly StoredUndo[]): Map<number, number> {
  return findLiveUndos(undos.filter(({ isWhole, symbols }) => isWhole || symbols.includes(symbol)));
}

/** @throws Failure with the later jobs that changed the same rows and were not undone */
async function requireNoLaterChanges(db: Db, job: number, symbols: readonly string[]): Promise<void> {
  const undos = await findUndos(db);
  const later = new Set<number>();
  for (const symbol of symbols) {
    const live = findUndosOfSymbol(symbol, undos);
    if (live.has(job)) continue; // undone on this symbol by an interrupted undo
    const cancelledOut = new Set([...live.keys(), ...live.values()]);
    for (const id of await findLaterJobs(db, symbol, job)) if (!cancelledOut.has(id)) later.add(id);
  }
  if (later.size === 0) return;
  const names = [...later].sort((a, b) => b - a);
  throw new Failure('failed', `job ${job} cannot be undone: later jobs changed the same rows: ${names.join(', ')}`, {
    code: 'LATER_CHANGES',
    hint: `undo these first, newest first: chartctl undo ${names[0]}`,
  });
}

function undoSymbol(
  { store }: StoreContext,
  { lockWaitMs = DEFAULT_LOCK_WAIT_MS, dryRun }: UndoOptions,
  { symbol, jobId, undone }: { symbol: string; jobId: number; undone: number },
): Promise<UndoSummary> {
  const work = async (trx: Transaction): Promise<UndoSummary> => {
    await lockSymbol(trx, symbol, lockWaitMs);
    if (findUndosOfSymbol(symbol, await findUndos(trx)).has(undone)) return { restored: 0, rebuilt: 0 };
    await requireNoLaterChanges(trx, undone, [symbol]); // checked again now that the symbol is locked
    const { minutes, legacy, moved } = await restoreRows(trx, symbol, undone, jobId);
    const cause = { symbol, jobId, reason: `undo of job ${undone}`, except: new Set<Minute>(legacy) };
    const rebuilt = await rebuildAffected(trx, cause, moved, minutes);
    return { restored: minutes.length, rebuilt };
  };
  if (dryRun) return withRollback(store, work);
  return inTransaction(store, work, [], () => openCompressedChunks(store, 'all'));
}
