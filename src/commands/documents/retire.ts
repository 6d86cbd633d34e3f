import type { JobResult } from '../../jobs/job.js';
import type { RetireSummary, UnretireSummary } from '../../jobs/retire.js';
import { jobDocument } from '../framework/document/document.js';
import { about, boolean, nullable, object, text, time } from '../framework/document/shape.js';

const wasRetired = about('Whether the symbol was retired before.', boolean);

export const retireDocument = jobDocument<JobResult<RetireSummary>>({
  last: about("The symbol's newest row.", object<RetireSummary['last']>({ minute: time })),
  retiredAt: time,
  reason: nullable(text),
  wasRetired,
});

export const unretireDocument = jobDocument<JobResult<UnretireSummary>>({ wasRetired });
