import type { JobResult } from '../../jobs/job.js';
import type { ListSummary } from '../../jobs/list.js';
import type { Retirement } from '../../tables/retired-symbols.js';
import { bySource } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import { about, integer, nullable, object, optional, text, time } from '../framework/document/shape.js';

const end = nullable(object<{ minute: number }>({ minute: time }));

type SymbolMembers = Omit<ListSummary, 'holes'> & { holeCount: number };

export const listDocument = jobDocument<JobResult<ListSummary>, object, SymbolMembers>(
  {
    first: about('The oldest row.', end),
    last: about('The newest row.', end),
    rows: integer,
    valid: about('Left out with --fast.', optional(integer)),
    bySource: about('Left out with --fast.', optional(bySource)),
    holeCount: about('Stretches of minutes without a row, between the first and the last one.', integer),
    missingMinutes: about('The minutes of these stretches.', integer),
    bytes: about(
      "The symbol's share of the table's size, by its share of the rows; null: not known.",
      nullable(integer),
    ),
    retired: nullable(object<Retirement>({ retiredAt: time, reason: nullable(text) })),
  },
  { arrange: ({ holes, ...others }) => ({ ...others, holeCount: holes }) },
);
