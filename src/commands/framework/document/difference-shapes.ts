import { DIFFERENCE_KINDS, type DifferingField } from '../../../quality/compare-rows.js';
import type { Differences, DifferenceSum, ExplainedDifference } from '../../../jobs/compare/sum-differences.js';
import type { Cause } from '../../../tables/past/last-causes.js';
import { about, anything, from, integer, list, nullable, object, oneOf, text, time } from './shape.js';

const kind = about(
  'The row is only in one of the two, or what differs first: candle, source, flag, indicators.',
  oneOf(...DIFFERENCE_KINDS),
);

type Sample = Omit<ExplainedDifference, 'openTime' | 'cause' | 'because'> & {
  time: number;
  explainedBy: Cause | null;
};

/** What differs between two sets of rows. */
export const DIFFERENCES_MEMBERS = {
  rows: about('Rows that differ.', integer),
  sums: about(
    'These rows by symbol, kind and reason.',
    list(
      object<DifferenceSum>({
        symbol: text,
        kind,
        command: about('The command of the jobs.', nullable(text)),
        reason: about('What the jobs did; null without an entry in the audit log.', nullable(text)),
        rows: integer,
        firstTime: time,
        lastTime: time,
        firstJob: about('The first of the jobs.', nullable(integer)),
        lastJob: nullable(integer),
      }),
    ),
  ),
  samples: about(
    'Some of these rows.',
    list(
      from(
        ({ openTime, cause, because: _because, ...others }: ExplainedDifference): Sample => ({
          ...others,
          time: openTime,
          explainedBy: cause,
        }),
        object<Sample>({
          symbol: text,
          time,
          kind,
          fields: about(
            'The columns that differ; of a row that is only in one of the two its candle and source.',
            list(object<DifferingField>({ name: text, a: anything, b: anything })),
          ),
          explainedBy: about(
            'The last job that changed the row between the two; null without an entry in the audit log.',
            nullable(object<Cause>({ jobId: integer, command: nullable(text), action: text, reason: nullable(text) })),
          ),
        }),
      ),
    ),
  ),
};

export const differences = object<Differences>(DIFFERENCES_MEMBERS);
