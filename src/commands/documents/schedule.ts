import type { Schedule, ScheduleFile } from '../../schedule/scheduled-job.js';
import { documentOf } from '../framework/document/document.js';
import { about, list, object, text } from '../framework/document/shape.js';

interface ScheduleResult {
  schedule: Schedule;
  written: readonly string[];
}

export const scheduleDocument = documentOf<ScheduleResult, Schedule & { written: readonly string[] }>(
  ({ schedule, written }) => ({ ...schedule, written }),
  {
    files: about('The files of the scheduler.', list(object<ScheduleFile>({ path: text, text }))),
    steps: about('Shell commands that install them.', list(text)),
    written: about('With --out: the paths that were written.', list(text)),
  },
);
