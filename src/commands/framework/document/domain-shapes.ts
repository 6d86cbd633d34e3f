import { type Source, SOURCES } from '../../../core/candle.js';
import type { GapCause } from '../../../core/known-gap.js';
import type { MinuteRange } from '../../../core/range.js';
import type { Blocker } from '../../../quality/assess-readiness.js';
import type { LaterRows } from '../../../tables/rolling-chart-data/later-rows.js';
import { about, counts, from, integer, object, oneOf, type Shape, text, time } from './shape.js';

/** The members of a range, for objects that have more. */
export const RANGE_MEMBERS = {
  from: about('The first minute.', time),
  to: about('The end, itself not in it.', time),
};

export const range: Shape<MinuteRange> = object<MinuteRange>(RANGE_MEMBERS);

export const bySource: Shape<Partial<Record<Source, number>>> = about('Rows by source.', counts);

/** Why the exchange does not have some minutes. */
export const gapCause: Shape<GapCause> = about(
  'Why the exchange does not have them.',
  oneOf(
    'exchange outage',
    'halted',
    'not listed yet',
    'candles off the minute',
    'neither in the API nor in the archive',
    'not in the archive',
    'unknown',
  ),
);

/** Rows later than the clock. */
export const laterRows: Shape<LaterRows> = from(
  ({ rows, first, last }: LaterRows) => ({ rows, firstTime: first, lastTime: last }),
  object({ rows: integer, firstTime: time, lastTime: time }),
);

export const blocker: Shape<Blocker> = object<Blocker>({
  ...RANGE_MEMBERS,
  minutes: integer,
  reason: text,
  remedy: oneOf('wait', 'wait or fill', 'ingest', 'backfill', 'clean', 'rebuild'),
});

export const source: Shape<Source> = oneOf(...SOURCES);
