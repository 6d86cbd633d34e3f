import type { JobResult } from '../../jobs/job.js';
import type { RebuildSummary } from '../../jobs/rebuild.js';
import { jobDocument } from '../framework/document/document.js';
import { about, integer } from '../framework/document/shape.js';

export const rebuildDocument = jobDocument<JobResult<RebuildSummary>>({
  rows: about('Rows that were recomputed.', integer),
  rewritten: about('Rows whose indicators differed and were written.', integer),
  complete: about('Rows with every indicator.', integer),
  incomplete: about('Rows that are unsound or too close to a gap.', integer),
});
