import type { AbsentRange } from '../../jobs/backfill/explain-absent-ranges.js';
import type { BackfillSummary } from '../../jobs/backfill/backfill.js';
import type { ArchiveSummary } from '../../jobs/backfill/divide-plan.js';
import type { JobResult } from '../../jobs/job.js';
import { gapCause, range, RANGE_MEMBERS } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import {
  about,
  from,
  integer,
  list,
  type MembersOf,
  number,
  object,
  optional,
  text,
} from '../framework/document/shape.js';

/** The coverage is measured for the drawing on a terminal only. */
export type BackfillMembers = Omit<BackfillSummary, 'coverage'>;

export const BACKFILL_MEMBERS: MembersOf<BackfillMembers> = {
  range: about('The closed minutes of the range.', range),
  planned: about('The minutes to request from Binance.', list(range)),
  plannedMinutes: about('Their number.', integer),
  requests: integer,
  weight: about("The requests' weight in Binance's rate limit.", integer),
  archive: about(
    "What was taken from Binance's public archive; with --dry-run what would be.",
    from(
      ({ files, ...others }: ArchiveSummary) => ({ fileCount: files, ...others }),
      object({
        fileCount: integer,
        bytes: integer,
        candles: integer,
        refused: about('The files that were not used, each with the reason.', list(text)),
      }),
    ),
  ),
  seconds: about('With --dry-run: how long it takes, roughly.', optional(number)),
  inserted: about('New rows.', integer),
  replaced: about('Rows whose numbers changed.', integer),
  confirmed: about('Suspect rows whose numbers Binance confirmed.', integer),
  fromFallback: about('Rows from a fallback exchange, with --fill-gaps.', integer),
  rebuilt: about('Rows of which only the indicators changed.', integer),
  absent: about(
    'The minutes that Binance does not have.',
    list(object<AbsentRange>({ ...RANGE_MEMBERS, cause: gapCause, haltedMinutes: integer })),
  ),
  stillMissing: about('Minutes without a row that Binance may have.', integer),
  late: about('Minutes without a row among the last five, which Binance may not have published yet.', integer),
  minutes: about('Minutes of the range.', integer),
  rows: about('Rows of the range.', integer),
  complete: about('Rows with every indicator.', integer),
  valid: about('Rows that are valid for training.', integer),
};

export const backfillDocument = jobDocument<JobResult<BackfillSummary>, object, BackfillMembers>(BACKFILL_MEMBERS);
