import { formatFailure } from '../cli/failure-text.js';
import { createPaint } from '../cli/paint.js';
import { redactPasswords } from '../cli/redact.js';
import type { JobResult } from '../jobs/result.js';
import type { JobCommand } from './job-command.js';
import { formatJobTable } from './job-report.js';
import type { RunRecord } from './run-record.js';

/** Notes a job's result down for whoever watches. */
export function recordResult<O, S, R extends JobResult<S>>(
  record: RunRecord,
  command: JobCommand<O, S, R>,
  result: R,
): void {
  const { jobId, counts, outcomes } = result;
  const failed = outcomes.filter(({ failure }) => failure);
  record.jobId = jobId;
  record.counts = counts;
  record.hasWorked = jobId !== null || command.isQuestion === true;
  record.symbols = { done: outcomes.length - failed.length, failed: failed.length };
  record.summary = () => {
    const plain = createPaint(false, {}, false);
    const failures = failed.map(({ symbol, failure }) => formatFailure(failure, plain, symbol));
    return redactPasswords(`${failures.join('')}${formatJobTable(command, result, (title) => title)}`);
  };
}
