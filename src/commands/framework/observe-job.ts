import { EXIT_CODES } from '../../core/failure.js';
import { toDatabaseFailure } from '../../database/connection/database-failure.js';
import type { OpenMarket } from '../../exchange/open-market.js';
import type { JobContext, JobResult } from '../../jobs/job.js';
import { readClock } from '../../jobs/read-clock.js';
import { readWindowMetrics } from '../../jobs/write-metrics.js';
import { findLastSuccess } from '../../tables/last-jobs.js';
import { findRetired } from '../../tables/retired-symbols.js';
import type { Observations } from './command.js';

/** Measures, for the metrics, the windows of the symbols that a job was about. A failure of this is only a notice. */
export async function observeJob(
  context: JobContext & { market: OpenMarket },
  command: string,
  { exitCode, outcomes }: JobResult<unknown>,
  observations: Observations,
): Promise<void> {
  const { store, market, signal, onNotice } = context;
  if (signal?.aborted) return;
  try {
    if (exitCode !== EXIT_CODES.done) {
      observations.lastSuccessAt = (await findLastSuccess(store.knex, command))?.getTime();
    }
    const retired = await findRetired(store.knex);
    observations.retired = [...retired.keys()];
    const symbols = outcomes.map(({ symbol }) => symbol).filter((symbol) => !retired.has(symbol));
    const nowMs = market.now() ?? (await readClock({ ...context, onNotice: undefined })).nowMs;
    observations.windows = await readWindowMetrics(store, symbols, nowMs);
  } catch (error) {
    const failure = toDatabaseFailure(error, store.label);
    onNotice?.(
      `the metrics lack the state of the data: ${failure instanceof Error ? failure.message : String(failure)}`,
    );
  }
}
