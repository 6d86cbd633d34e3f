import { Failure } from '../core/failure.js';
import type { Minute } from '../core/minute.js';
import { inTransaction } from '../database/transaction.js';
import { retireSymbol, unretireSymbol } from '../tables/retired-symbols.js';
import { findSpan } from '../tables/rolling-chart-data/row-ends.js';
import type { JobOptions, JobResult, StoreContext } from './job.js';
import { runJob } from './run-job.js';

export interface RetireOptions extends JobOptions {
  reason?: string | undefined;
}

/** The result of a retirement. */
export interface RetireSummary {
  /** The symbol's newest row, which stays as all others. */
  last: { minute: Minute };
  retiredAt: Date;
  reason: string | null;
  /** Whether the symbol was retired already; then the earlier time and reason stay. */
  wasRetired: boolean;
}

/**
 * Retires symbols: their rows stay, and `--all`, scheduled jobs, metrics and readiness leave them out.
 *
 * A symbol without rows is a failure, because most likely its name is misspelt.
 */
export function retire(context: StoreContext, options: RetireOptions): Promise<JobResult<RetireSummary>> {
  const { store } = context;
  const reason = options.reason ?? null;
  return runJob(context, options, {
    command: 'retire',
    arguments: { reason },
    retired: 'included',
    work: async (symbol, jobId) => {
      const span = await findSpan(store.knex, symbol);
      if (!span) throw toNoRowsFailure(symbol);
      return inTransaction(store, async (trx) => {
        const { isNew, ...retirement } = await retireSymbol(trx, symbol, { reason, jobId });
        return { last: { minute: span.last }, ...retirement, wasRetired: !isNew };
      });
    },
    countsOf: ({ wasRetired }) => ({ retired: wasRetired ? 0 : 1 }),
  });
}

/** The result of taking a retirement back. */
export interface UnretireSummary {
  wasRetired: boolean;
}

/** Takes the retirement of symbols back. The minutes in between are missing until a backfill. */
export function unretire(context: StoreContext, options: JobOptions): Promise<JobResult<UnretireSummary>> {
  return runJob(context, options, {
    command: 'unretire',
    arguments: {},
    retired: 'included',
    work: (symbol) => inTransaction(context.store, async (trx) => ({ wasRetired: await unretireSymbol(trx, symbol) })),
    countsOf: ({ wasRetired }) => ({ unretired: wasRetired ? 1 : 0 }),
  });
}

function toNoRowsFailure(symbol: string): Failure {
  return new Failure('failed', `the database has no row of ${symbol}`, {
    code: 'NO_ROWS',
    hint: 'chartctl list shows the stored symbols; one that is only configured is taken out of the configuration',
  });
}
