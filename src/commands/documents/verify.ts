import type { Candle } from '../../core/candle.js';
import type { JobResult } from '../../jobs/job.js';
import type { VerifySummary } from '../../jobs/verify/verify.js';
import type { ComparedStretch } from '../../quality/compare-with-exchange.js';
import { ROW_CLASS_NAMES } from '../../quality/row-classes.js';
import { range, RANGE_MEMBERS, source } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import {
  about,
  boolean,
  counts,
  integer,
  list,
  nullable,
  number,
  numberOrNull,
  object,
  oneOf,
  time,
} from '../framework/document/shape.js';

type DifferingMinute = VerifySummary['rows'][number];
type Difference = Omit<DifferingMinute, 'stored' | 'exchange'> & {
  storedRow: DifferingMinute['stored'];
  binanceCandle: DifferingMinute['exchange'];
};
type VerifyMembers = Omit<VerifySummary, 'rows'> & { differences: Difference[] };

const rowClass = oneOf(...ROW_CLASS_NAMES);

export const verifyDocument = jobDocument<JobResult<VerifySummary>, object, VerifyMembers>(
  {
    range,
    compared: about('Minutes that the table or Binance has.', integer),
    requests: integer,
    weight: about("The requests' weight in Binance's rate limit.", integer),
    archive: about(
      'With --via archive: the days that were compared, and those whose file is the one that their rows came from.',
      nullable(object<NonNullable<VerifySummary['archive']>>({ days: integer, unchanged: integer })),
    ),
    counts: about('Minutes by class.', counts),
    flagged: about('Rows that were flagged.', integer),
    replaced: about('Rows whose numbers changed.', integer),
    inserted: about('New rows.', integer),
    confirmed: about('Rows whose numbers Binance confirmed.', integer),
    rebuilt: about('Rows of which only the indicators changed.', integer),
    remaining: about('Minutes that still differ.', integer),
    same: about('Minutes of the class same.', list(range)),
    filled: about('Minutes of the class filled.', list(range)),
    stretches: about(
      'All other minutes, as ranges.',
      list(
        object<ComparedStretch>({
          ...RANGE_MEMBERS,
          class: rowClass,
          closeDifferencePercent: numberOrNull,
          closeOffsetBp: about('In basis points.', numberOrNull),
          volumeRatio: about("Stored volume divided by the exchange's.", numberOrNull),
        }),
      ),
    ),
    differences: about(
      'All other minutes, one by one.',
      list(
        object<Difference>({
          minute: time,
          class: rowClass,
          storedRow: nullable(
            object<NonNullable<DifferingMinute['stored']>>({
              open: numberOrNull,
              high: numberOrNull,
              low: numberOrNull,
              close: numberOrNull,
              volume: numberOrNull,
              source,
              hasMissingData: boolean,
              isComplete: boolean,
              writtenAt: nullable(time),
            }),
          ),
          binanceCandle: nullable(
            object<Omit<Candle, 'openTime'>>({
              open: number,
              high: number,
              low: number,
              close: number,
              volume: number,
            }),
          ),
        }),
      ),
    ),
  },
  {
    arrange: ({ rows, ...others }) => ({
      ...others,
      differences: rows.map(({ minute, class: name, stored, exchange }) => ({
        minute,
        class: name,
        storedRow: stored,
        binanceCandle: exchange,
      })),
    }),
  },
);
