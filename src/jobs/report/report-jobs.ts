import type { MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import type { ReportJob, ReportJobs, ReportTraining } from '../../report/report-data.js';
import { findRange } from '../../report/tables/describe-job.js';
import { findChangedRanges } from '../../tables/history.js';
import { findJobs, type StoredJob } from '../../tables/jobs.js';
import { countRuns } from '../../tables/last-jobs.js';
import { findTrainings } from '../../tables/trainings.js';

/** So that a symbol takes less than ten printed pages. */
const MAX_JOBS = 60;
const MAX_TRAININGS = 40;

/** The jobs of a symbol; with `until` as they were at that time of the database's clock. */
export async function loadReportJobs(trx: Transaction, symbol: string, until?: Date): Promise<ReportJobs> {
  const latest = await findJobs(trx, { limit: MAX_JOBS, symbol, exceptDone: 'ingest', until });
  const changed = await findChangedRanges(
    trx,
    symbol,
    latest.map(({ id }) => id),
  );
  const jobs = latest.map((job) => toReportJob(job, changed.get(job.id) ?? findRange(job.arguments)));
  return { tallies: await countRuns(trx, symbol, until), latest: jobs };
}

function toReportJob({ startedAt, finishedAt, ...job }: StoredJob, stretch: MinuteRange | null): ReportJob {
  return { ...job, startedAt: startedAt.getTime(), finishedAt: finishedAt?.getTime() ?? null, stretch };
}

/** The last trainings and exports of a symbol; with `until` those before that time of the database's clock. */
export function loadReportTrainings(trx: Transaction, symbol: string, until?: Date): Promise<ReportTraining[]> {
  return findTrainings(trx, symbol, MAX_TRAININGS, until);
}
