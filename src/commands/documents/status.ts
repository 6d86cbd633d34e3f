import type { HourCoverage, HourTrade } from '../../core/coverage.js';
import { Failure } from '../../core/failure.js';
import type { SourcesReport, VenueReport } from '../../jobs/status/compare-sources.js';
import type { StatusResult } from '../../jobs/status/status.js';
import type { StatusSummary } from '../../jobs/status/status-summary.js';
import type { Readiness } from '../../quality/assess-readiness.js';
import type { VenueComparison } from '../../quality/compare-venues.js';
import type { ListedGap } from '../../quality/gaps.js';
import type { Retirement } from '../../tables/retired-symbols.js';
import { blocker, bySource, gapCause, laterRows, range, RANGE_MEMBERS } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import {
  about,
  boolean,
  counts,
  from,
  integer,
  list,
  nullable,
  number,
  numberOrNull,
  object,
  oneOf,
  optional,
  text,
  time,
} from '../framework/document/shape.js';

const comparison = nullable(
  object<VenueComparison>({
    minutes: about('Minutes that both have.', integer),
    offsetBp: about('Median of the signed differences of closes, in basis points.', number),
    medianBp: about('Median of the absolute differences.', number),
    maxBp: about('The greatest difference.', number),
    volumeRatio: numberOrNull,
  }),
);

const sources = from(
  ({ stored, ...others }: SourcesReport) => ({ ...others, fallbackRows: stored }),
  object<Omit<SourcesReport, 'stored'> & { fallbackRows: SourcesReport['stored'] }>({
    ...RANGE_MEMBERS,
    venues: list(
      object<VenueReport>({
        exchange: text,
        comparison,
        problem: about('Why there is no comparison.', nullable(text)),
        distrust: about('Why ingest would not use its candles.', nullable(text)),
      }),
    ),
    fallbackRows: object<SourcesReport['stored']>({
      rows: integer,
      asked: integer,
      comparison,
      replaceable: nullable(range),
      otherMarket: about('Minutes that were taken from another market.', list(time)),
    }),
  }),
);

export const statusDocument = jobDocument<StatusResult, Pick<StatusResult, 'clock'>>(
  {
    last: about(
      'The newest candle.',
      nullable(object<NonNullable<StatusSummary['last']>>({ minute: time, ageSeconds: integer })),
    ),
    window: about(
      'The last closed minutes, which a forecast needs.',
      object<StatusSummary['window']>({
        ...RANGE_MEMBERS,
        minutes: integer,
        present: integer,
        valid: integer,
        bySource,
      }),
    ),
    readiness: about(
      'Whether the window is ready, and what prevents it.',
      object<Readiness>({
        isReady: boolean,
        blockers: list(blocker),
        holes: list(blocker),
        isOnlyTimeMissing: boolean,
        readyFrom: nullable(time),
      }),
    ),
    coverage: about(
      'By hour.',
      list(object<HourCoverage>({ from: time, minutes: integer, rows: integer, valid: integer })),
    ),
    trade: about('By hour.', list(object<HourTrade>({ from: time, close: numberOrNull, volume: numberOrNull }))),
    gaps: about(
      'Minutes without a row.',
      list(
        object<ListedGap>({
          ...RANGE_MEMBERS,
          minutes: integer,
          kind: oneOf('interior', 'trailing'),
          cause: nullable(gapCause),
          haltedMinutes: integer,
          askAgainAt: nullable(time),
        }),
      ),
    ),
    olderGaps: about('Gaps before the days of `gaps`; left out where counting them took too long.', optional(integer)),
    flags: about(
      'All flagged rows of the symbol.',
      from(
        ({ rows, byRule }: StatusSummary['flags']) => ({ openFlags: rows, byRule }),
        object({ openFlags: integer, byRule: counts }),
      ),
    ),
    beyondClock: about("Rows later than the exchange's clock, which count for nothing.", nullable(laterRows)),
    retired: nullable(object<Retirement>({ retiredAt: time, reason: nullable(text) })),
    sources: about('With --sources: how much the fallback exchanges differ from Binance.', optional(sources)),
  },
  {
    pick: ({ clock }) => ({ clock }),
    members: {
      clock: about(
        'The clock by which the window ends; past with --as-of.',
        object<StatusResult['clock']>({ minute: time, source: oneOf('exchange', 'local', 'past') }),
      ),
    },
    problemOf: ({ outcomes }, symbol) => {
      const summary = outcomes.find((outcome) => outcome.symbol === symbol)?.summary;
      if (!summary || summary.readiness.isReady || summary.retired) return undefined;
      const { valid, minutes } = summary.window;
      return new Failure('incomplete', `${symbol} is not ready: ${valid} of ${minutes} minutes are valid`, {
        code: 'NOT_READY',
      });
    },
  },
);
