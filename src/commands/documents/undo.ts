import type { JobResult } from '../../jobs/job.js';
import type { UndoSummary } from '../../jobs/undo.js';
import { jobDocument } from '../framework/document/document.js';
import { about, integer } from '../framework/document/shape.js';

export const undoDocument = jobDocument<JobResult<UndoSummary> & { undone: number }, { undone: number }>(
  {
    restored: about('Rows restored to their state before the job.', integer),
    rebuilt: about('Rows of which only the indicators changed.', integer),
  },
  { pick: ({ undone }) => ({ undone }), members: { undone: about('The job that was undone.', integer) } },
);
