import type { CleanChange } from '../../jobs/clean/clean-change.js';
import type { CleanSummary } from '../../jobs/clean/clean.js';
import type { JobResult } from '../../jobs/job.js';
import { CLEAN_RULE_NAMES } from '../../quality/rules/rules.js';
import { laterRows } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import {
  about,
  counts,
  integer,
  list,
  nullable,
  numberOrNull,
  object,
  oneOf,
  optional,
  text,
  time,
} from '../framework/document/shape.js';

/** The counts by rule have one name: two of them have names of their own in the table for people. */
type CleanMembers = Omit<CleanSummary, 'flagged' | 'unsound' | 'spikes'> & { flaggedByRule: CleanSummary['flagged'] };

export const cleanDocument = jobDocument<JobResult<CleanSummary>, object, CleanMembers>(
  {
    rows: about("The symbol's rows after the job.", integer),
    openFlags: about('Flagged rows after the job.', integer),
    moved: about('Rows off the minute that were moved to it.', integer),
    duplicates: about('Rows removed because another one has the same minute.', integer),
    flaggedByRule: about('New flags by rule; a row may have several.', counts),
    repaired: about('Flagged rows that were replaced by other numbers of Binance.', integer),
    confirmed: about('Flagged rows whose numbers Binance confirmed.', integer),
    accepted: about('Flags lifted by --accept.', integer),
    pruned: about('Rows removed by --keep.', integer),
    removed: about('Rows removed by --remove-future.', integer),
    beyondClock: about("Rows later than the exchange's clock, which count for nothing.", nullable(laterRows)),
    forgotten: about('Audit records removed by --keep-history.', integer),
    rebuilt: about('Rows of which only the indicators changed.', integer),
    threshold: about('The volume above which a row is a spike; null: none.', numberOrNull),
    changes: about(
      'With --dry-run: the changes that would be made.',
      list(
        object<CleanChange>({
          minute: time,
          action: oneOf('move', 'delete', 'flag', 'accept', 'prune', 'remove'),
          rule: optional(oneOf(...CLEAN_RULE_NAMES)),
          reason: text,
        }),
      ),
    ),
  },
  { arrange: ({ flagged, unsound: _unsound, spikes: _spikes, ...others }) => ({ ...others, flaggedByRule: flagged }) },
);
