import type { StoredJob } from '../../tables/jobs.js';
import { documentOf } from '../framework/document/document.js';
import {
  about,
  anything,
  counts,
  from,
  integer,
  list,
  nullable,
  object,
  record,
  text,
  time,
} from '../framework/document/shape.js';

type JobEntry = Omit<StoredJob, 'id' | 'error'> & { jobId: number; message: string | null };

const job = from(
  ({ id, error, ...others }: StoredJob): JobEntry => ({ jobId: id, ...others, message: error }),
  object<JobEntry>({
    jobId: integer,
    command: text,
    arguments: about('Its options.', record(anything)),
    symbols: about('The names of its symbols.', list(text)),
    host: nullable(text),
    pid: nullable(integer),
    startedAt: time,
    finishedAt: nullable(time),
    outcome: about('done, incomplete, failed, locked, temporary, interrupted, running or died.', text),
    exitCode: nullable(integer),
    counts,
    message: about('What it failed with.', nullable(text)),
  }),
);

export const jobsDocument = documentOf<{ jobs: StoredJob[] }, { jobs: StoredJob[] }>(({ jobs }) => ({ jobs }), {
  jobs: about('The newest first.', list(job)),
});
