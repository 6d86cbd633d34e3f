import { EXIT_CODES } from '../../core/failure.js';
import { toDatabaseFailure } from '../../database/connection/database-failure.js';
import type { OpenMarket } from '../../exchange/open-market.js';
import type { JobContext, JobResult } from '../../jobs/job.js';
import { readClock } from '../../jobs/read-clock.js';
import { readWindowMetrics } from '../../jobs/write-metrics.js';
import { findLastSuccess } from '../../tables/jobs.js';
import type { RunRecord } from './watch-run.js';

/** Looks, for the metrics, at the symbols that a job was about. What cannot be found out is only a notice. */
export async function observeRun<S>(
  { now, ...context }: JobContext & Pick<OpenMarket, 'now'>,
  command: string,
  { exitCode, outcomes }: JobResult<S>,
  record: RunRecord,
): Promise<void> {
  const { store, signal, onNotice } = context;
  if (signal?.aborted) return;
  try {
    if (exitCode !== EXIT_CODES.done) {
      record.lastSuccessAt = (await findLastSuccess(store.knex, command))?.getTime();
    }
    const symbols = outcomes.map(({ symbol }) => symbol);
    const nowMs = now() ?? (await readClock({ ...context, onNotice: undefined })).nowMs;
    record.windows = await readWindowMetrics(store, symbols, nowMs);
  } catch (error) {
    const failure = toDatabaseFailure(error, store.label);
    onNotice?.(
      `the metrics lack the state of the data: ${failure instanceof Error ? failure.message : String(failure)}`,
    );
  }
}
